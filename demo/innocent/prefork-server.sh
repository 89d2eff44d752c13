# about: a server forks workers before its callers come, and each answers some
# needs: python3 curl
timeout 15 python3 -c 'import socket,os,subprocess
l=socket.socket(); l.setsockopt(1,2,1); l.bind(("127.0.0.1",5102)); l.listen(64)
for _ in range(3):
    if os.fork()==0:
        while True:
            c,_a=l.accept(); c.recv(4096)
            b=subprocess.run(["sh","-c","date; uptime"],capture_output=True).stdout
            c.sendall(b"HTTP/1.0 200 OK\r\n\r\n"+b); c.close()
os.wait()' & S=$!
sleep 0.6; for n in 1 2 3 4 5 6; do curl -s http://127.0.0.1:5102/ >/dev/null; done; kill $S
