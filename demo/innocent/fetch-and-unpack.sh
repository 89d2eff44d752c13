# about: an archive is fetched and unpacked
# needs: curl python3
mkdir -p www src; echo x >src/f; tar -czf www/a.tgz src
(cd www; exec python3 -m http.server 5001 --bind 127.0.0.1) >/dev/null 2>&1 & SERVER=$!
sleep 0.8
mkdir out; curl -s http://127.0.0.1:5001/a.tgz | tar -xzf - -C out; python3 -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:5001/a.tgz').read()"
kill $SERVER
