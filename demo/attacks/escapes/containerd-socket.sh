# about: the socket of containerd, used from inside
# expect: container_escape high
# where: container
# needs: docker
S=$(find /run -name 'containerd.sock' | head -n 1); echo "$S"
container -v "$(dirname "$S"):/c" -- python3 -c 'import socket
s=socket.socket(socket.AF_UNIX); s.connect("/c/containerd.sock"); s.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"+bytes([0,0,0,4,0,0,0,0,0])); d=s.recv(99); print(d); assert d'
