# about: a file goes out through base64 and nc
# expect: exfiltration medium
# needs: nc
seq 99999 >f; nc -l 127.0.0.1 6502 >got & L=$!
sleep 0.4; base64 f | nc -w 1 -N 127.0.0.1 6502; wait $L; base64 -d got | cmp - f
