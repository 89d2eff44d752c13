# about: a notebook's kernel is told over TCP on loopback what to compute, and runs some shell lines
# needs: python3
cat >kernel.py <<'P'
import socket,subprocess,io,contextlib
l=socket.socket(); l.setsockopt(1,2,1); l.bind(("127.0.0.1",5107)); l.listen(1); c,_=l.accept(); f=c.makefile("rw")
for line in f:
    line=line.strip(); o=io.StringIO()
    if line.startswith("!"): o.write(subprocess.run(line[1:],shell=True,capture_output=True,text=True).stdout)
    else:
        with contextlib.redirect_stdout(o): exec(line)
    f.write(repr(o.getvalue())+"\n"); f.flush()
P
python3 kernel.py & K=$!
sleep 0.5
python3 -c 'import socket
s=socket.create_connection(("127.0.0.1",5107)); f=s.makefile("rw")
for l in "import math","print(math.pi)","!pip --version | head -c 20","!ls","print(sum(range(99)))": f.write(l+"\n"); f.flush(); f.readline()
s.close()'; wait $K
