# about: a container renews certificates and keys below the host's /etc, and sets their modes
# where: container
# needs: docker openssl
mkdir -p /etc/letsencrypt
container -v /etc/letsencrypt:/etc/letsencrypt -- sh -c 'cd /etc/letsencrypt; umask 77; mkdir -p live/x; openssl genrsa 2048 >live/x/privkey.pem 2>/dev/null; chmod 640 live/x/privkey.pem; ln -sf privkey.pem live/x/key.pem; cat live/x/key.pem >/dev/null'
test -s /etc/letsencrypt/live/x/privkey.pem
