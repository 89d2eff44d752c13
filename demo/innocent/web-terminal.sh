# about: a notebook's terminal: a server for the browser, a shell on a terminal, asked for over an upgraded connection
# needs: python3
timeout 12 python3 -c 'import os,pty,select,socket
l=socket.socket(); l.setsockopt(1,2,1); l.bind(("127.0.0.1",5121)); l.listen(4)
for turn in range(2):
    s,_=l.accept(); q=s.recv(4096)
    if b"Upgrade" not in q: s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"); s.close(); continue
    s.sendall(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n")
    p,m=pty.fork()
    if p==0: os.execv("/bin/bash",["bash","--norc"])
    try:
        while True:
            for f in select.select([m,s],[],[])[0]:
                if f is s:
                    d=s.recv(4096)
                    if not d: raise OSError
                    os.write(m,d[2:])
                else: d=os.read(m,120); s.sendall(bytes([0x82,len(d)])+d)
    except OSError: pass' & T=$!
sleep 0.6
python3 -c 'import socket,time
s=socket.create_connection(("127.0.0.1",5121)); s.sendall(b"GET / HTTP/1.1\r\n\r\n"); s.recv(999); s.close()
s=socket.create_connection(("127.0.0.1",5121)); s.sendall(b"GET /t HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"); s.settimeout(3); d=b""
for c in b"ls\n",b"echo $((6*7))-here\n",b"exit\n": time.sleep(.3); s.sendall(bytes([0x82,len(c)])+c)
try:
    while g:=s.recv(4096): d+=g
except OSError: pass
assert b"42-here" in d'; R=$?; wait $T; (exit $R)
