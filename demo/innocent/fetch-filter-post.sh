# about: data is fetched, filtered by a program, and sent on
# needs: curl python3 nc
mkdir www; echo "[1,2,3]" >www/d
(cd www; exec python3 -m http.server 5002 --bind 127.0.0.1) >/dev/null 2>&1 & SERVER=$!
sleep 0.8
curl -s http://127.0.0.1:5002/d | python3 -c "import json,sys; print(sum(json.load(sys.stdin)))" | curl -s -X POST --data-binary @- http://127.0.0.1:5002/ >/dev/null; curl -s http://127.0.0.1:5002/d | awk "{print}" | nc -w 1 127.0.0.1 5002 || true
kill $SERVER
