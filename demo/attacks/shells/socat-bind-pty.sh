# about: socat waits and gives a terminal
# expect: bind_shell high
# needs: python3 socat
caller 4441
timeout 5 socat TCP-LISTEN:4441,reuseaddr EXEC:'sh -i',pty,stderr,setsid || true
done_typing
