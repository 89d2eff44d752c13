# about: a proxy passes connections on, as a mesh does
# needs: socat curl python3
mkdir www; echo hello >www/x
(cd www; exec python3 -m http.server 5051 --bind 127.0.0.1) >/dev/null 2>&1 & SERVER=$!
sleep 0.8

socat TCP-LISTEN:5052,reuseaddr,fork TCP:127.0.0.1:5051 & P=$!
sleep 0.3; for n in 1 2 3; do curl -s http://127.0.0.1:5052/x >/dev/null; done; kill $P $SERVER
