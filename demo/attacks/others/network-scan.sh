# about: a program tries a hundred ports
# expect: recon medium
# needs: python3
python3 -c 'import socket
n=0
for p in range(1,1025):
    s=socket.socket(); s.settimeout(.2); n+=s.connect_ex(("127.0.0.1",p))==111; s.close()
print(n); assert n>900'
