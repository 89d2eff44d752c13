# about: a program is fetched and piped into another interpreter
# expect: remote_exec medium
# needs: python3
mkdir www; echo 'import os; print(os.getuid())' >www/x
(cd www; exec python3 -m http.server 4905 --bind 127.0.0.1) >/dev/null 2>&1 & SERVER=$!
sleep 1
python3 -c 'import urllib.request,sys; sys.stdout.write(urllib.request.urlopen("http://127.0.0.1:4905/x").read().decode())' | python3 -
kill $SERVER
