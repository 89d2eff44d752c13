# about: a database hands rows that a client sent to a program of the administrator, in a shell
# needs: python3 gzip
timeout 10 python3 -c 'import socket,subprocess
l=socket.socket(); l.setsockopt(1,2,1); l.bind(("127.0.0.1",5122)); l.listen(4); c,_=l.accept(); f=c.makefile("rb")
p=subprocess.Popen("gzip -c >rows.gz",shell=True,stdin=-1)
for line in f:
    if line==b"\\.\n": break
    p.stdin.write(line)
p.stdin.close(); p.wait(); c.sendall(b"COPY 3\n"); c.close()' & S=$!
sleep 0.5; python3 -c 'import socket
s=socket.create_connection(("127.0.0.1",5122)); s.sendall(b"1\n2\n3\n\\.\n"); assert s.recv(99)'; R=$?; wait $S; [ $R = 0 ] && zcat rows.gz | grep -q 3
