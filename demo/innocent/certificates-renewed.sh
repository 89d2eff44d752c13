# about: a client renews a certificate: asks over TLS, writes the key, reloads the server
# needs: openssl python3
openssl req -x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=x -keyout k.pem -out c.pem 2>/dev/null
openssl s_server -accept 5113 -key k.pem -cert c.pem -www -quiet >/dev/null 2>&1 & S=$!
sleep 0.5; printf 'GET / HTTP/1.0\r\n\r\n' | timeout 3 openssl s_client -quiet -connect 127.0.0.1:5113 >out 2>/dev/null
mkdir -p /etc/ssl/private; openssl genrsa -out /etc/ssl/private/x.key 2048 2>/dev/null; sh -c 'openssl rsa -in /etc/ssl/private/x.key -noout -check >/dev/null'
kill $S; test -s out
