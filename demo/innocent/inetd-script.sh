# about: a super-server runs a script for each connection
# needs: socat nc
cat >handler.sh <<'END'
read -r name
echo "hello $name, it is $(date)"
uname -s
END
timeout 6 socat TCP-LISTEN:5030,reuseaddr,fork EXEC:"sh $PWD/handler.sh",nofork 2>/dev/null & S=$!
timeout 6 socat TCP-LISTEN:5031,reuseaddr,fork EXEC:"sh $PWD/handler.sh" & T=$!
sleep 0.4; for port in 5030 5031 5031; do echo you | nc -w 2 127.0.0.1 $port || true; done; kill $S $T 2>/dev/null || true
