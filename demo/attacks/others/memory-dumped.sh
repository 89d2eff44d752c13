# about: the memory of a service is dumped to a file
# expect: credential_access medium
# needs: gdb python3
setsid python3 -c 'import time; s="pass"+"word-1"; time.sleep(20)' & P=$!
sleep 0.4; gdb -q -batch -p $P -ex "generate-core-file core" >/dev/null 2>&1
kill $P; grep -qa password-1 core
