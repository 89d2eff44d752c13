# about: scripts wait for a port, ask a server and a key store, with bash's own connections
# needs: python3
python3 -m http.server 5128 --bind 127.0.0.1 >/dev/null 2>&1 & S=$!
cat >wait.sh <<'W'
for n in $(seq 30); do (echo >/dev/tcp/127.0.0.1/5128) 2>/dev/null && break; sleep 0.1; done
exec 3<>/dev/tcp/127.0.0.1/5128
printf 'GET /wait.sh HTTP/1.0\r\n\r\n' >&3
while IFS= read -r line <&3; do [ "$line" = $'\r' ] && break; done
cat <&3 >body; exec 3>&-
id >/dev/null
W
bash wait.sh; kill $S; cmp body wait.sh
