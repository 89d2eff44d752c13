# about: a program writes its log to a server over a connection
# needs: python3
python3 -c 'import socket; l=socket.socket(); l.setsockopt(1,2,1); l.bind(("127.0.0.1",5070)); l.listen(1); c,_=l.accept(); c.settimeout(3)
try:
    while c.recv(999): pass
except OSError: pass' & S=$!
sleep 0.4; python3 -c 'import socket,logging,logging.handlers; h=logging.handlers.SocketHandler("127.0.0.1",5070); g=logging.getLogger(); g.addHandler(h); [g.error("x") for _ in range(20)]'; wait $S
