# about: a script is fetched and run at once
# expect: remote_exec medium
# needs: curl python3
mkdir www; echo 'id; uname -a' >www/x
(cd www; exec python3 -m http.server 4904 --bind 127.0.0.1) >/dev/null 2>&1 & SERVER=$!
sleep 1
curl -s http://127.0.0.1:4904/x | sh
kill $SERVER
