# about: a program starts plugins, talks with them over unix sockets, and they talk with a server
# needs: python3 curl
python3 -m http.server 5105 --bind 127.0.0.1 >/dev/null 2>&1 & S=$!
sleep 0.7
cat >plugin.py <<'P'
import socket,os,sys,urllib.request,subprocess
l=socket.socket(socket.AF_UNIX); l.bind(sys.argv[1]); l.listen(1); print("1|unix|"+sys.argv[1],flush=True)
c,_=l.accept()
while d:=c.recv(999):
    c.sendall(urllib.request.urlopen("http://127.0.0.1:5105/plugin.py").read()[:9] if d==b"apply" else subprocess.run(["sh","-c",d.decode()],capture_output=True).stdout or b"-")
P
python3 -c 'import subprocess,socket
for n in "a","b":
    p=subprocess.Popen(["python3","plugin.py","p"+n],stdout=-1); p.stdout.readline()
    s=socket.socket(socket.AF_UNIX); s.connect("p"+n)
    for c in b"id",b"apply",b"uname -a",b"apply": s.sendall(c); s.recv(4096)
    s.close(); p.wait()'; R=$?
kill $S; (exit $R)
