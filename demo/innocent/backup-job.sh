# about: a directory is archived and sent to a server
# needs: curl python3
mkdir -p data www; head -c 200000 /dev/urandom >data/db; 
(cd www; exec python3 -m http.server 5060 --bind 127.0.0.1) >/dev/null 2>&1 & SERVER=$!
sleep 0.8
tar -czf backup.tgz data; curl -s -X POST --data-binary @backup.tgz http://127.0.0.1:5060/ >/dev/null
kill $SERVER
