# about: socat waits and becomes the shell
# expect: bind_shell high
# needs: python3 socat
caller 4440
timeout 5 socat TCP-LISTEN:4440,reuseaddr EXEC:sh,nofork || true
done_typing
