# about: a database server forks for each client, and a client talks to it
# needs: python3
python3 -c 'import socket,os
l=socket.socket(); l.setsockopt(1,2,1); l.bind(("127.0.0.1",5050)); l.listen(8)
for _ in range(4):
    c,_a=l.accept()
    if os.fork()==0:
        while True:
            d=c.recv(999)
            if not d: os._exit(0)
            c.send(b"row\n")
    c.close()' & S=$!
sleep 0.5; for n in 1 2 3 4; do python3 -c 'import socket; s=socket.create_connection(("127.0.0.1",5050)); [ (s.send(b"select 1"),s.recv(99)) for _ in range(20)]'; done; wait $S || true
