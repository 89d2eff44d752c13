# about: programs talk over unix sockets
# needs: python3
python3 -c 'import socket,os
l=socket.socket(socket.AF_UNIX); l.bind("s"); l.listen(4)
for _ in range(3):
    c,_a=l.accept(); c.send(b"x"*100); c.close()' & S=$!
sleep 0.4; for n in 1 2 3; do python3 -c 'import socket; s=socket.socket(socket.AF_UNIX); s.connect("s"); s.recv(999)'; done; wait $S
