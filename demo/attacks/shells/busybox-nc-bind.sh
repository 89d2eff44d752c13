# about: busybox nc waits and runs the shell
# expect: bind_shell high
# needs: python3 busybox
caller 4439
timeout 5 busybox nc -l -p 4439 -e sh || true
done_typing
