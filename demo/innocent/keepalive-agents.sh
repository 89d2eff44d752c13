# about: agents keep up their connections: datagrams, long polls, answers from files
# needs: python3
timeout 8 python3 -c 'import socket,subprocess,time,threading
u=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); u.bind(("127.0.0.1",5110))
def pong():
    for _ in range(8): d,a=u.recvfrom(999); u.sendto(b"pong"+d,a)
threading.Thread(target=pong,daemon=True).start()
c=socket.socket(socket.AF_INET,socket.SOCK_DGRAM); c.connect(("127.0.0.1",5110)); c.settimeout(1)
for n in range(8):
    c.send(b"ping"); c.recv(999)
    if n%3==0: subprocess.run(["sh","-c","ip route; ip link"],capture_output=True)
    time.sleep(.1)'
