# about: a web server runs scripts
# needs: python3 curl
mkdir -p cgi-bin; printf '#!/bin/sh\necho "Content-Type: text/plain"; echo; date; id\n' >cgi-bin/x.sh; chmod +x cgi-bin/x.sh
python3 -m http.server --cgi 5033 --bind 127.0.0.1 >/dev/null 2>&1 & S=$!
sleep 0.8; for n in 1 2 3; do curl -s http://127.0.0.1:5033/cgi-bin/x.sh >/dev/null; done; kill $S
