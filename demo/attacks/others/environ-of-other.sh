# about: the environment of another user's process is read
# expect: credential_access medium
# needs: setpriv
TOKEN=s3cret setsid setpriv --reuid 65534 --regid 65534 --clear-groups sleep 10 & P=$!
sleep 0.4; tr '\0' '\n' </proc/$P/environ | grep -q s3cret; R=$?
kill $P; (exit $R)
