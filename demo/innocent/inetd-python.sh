# about: a super-server runs a program for each connection
# needs: python3 nc
echo 'import sys,subprocess
for line in sys.stdin:
    print(subprocess.run(["date"],capture_output=True,text=True).stdout); break' >handler.py
python3 -c 'import socket,subprocess
l=socket.socket(); l.setsockopt(1,2,1); l.bind(("127.0.0.1",5032)); l.listen(1)
for _ in range(2):
    c,_a=l.accept(); subprocess.call(["python3","handler.py"],stdin=c,stdout=c); c.close()' & S=$!
sleep 0.5; for n in 1 2; do echo x | nc -w 2 127.0.0.1 5032; done; wait $S
