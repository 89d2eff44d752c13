# about: a program is fetched into the container, and run
# expect: drift_exec high
# where: container
# needs: docker python3
mkdir www; cp "$(readlink -f "$(command -v id)")" www/tool
(cd www && exec python3 -m http.server 6101 --bind 127.0.0.1) >/dev/null 2>&1 & SERVER=$!
sleep 0.8
docker run --rm --network host tools sh -c "curl -s http://127.0.0.1:6101/tool >/tmp/t; chmod +x /tmp/t; /tmp/t"
kill $SERVER
