# about: a mirror of /etc is kept: all files are read, packed, and sent by ssh to the backup machine
# needs: ssh sshd ssh-keygen rsync tar
mkdir -p /run/sshd /root/.ssh; chmod 700 /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f key; cat key.pub >>/root/.ssh/authorized_keys; ssh-keygen -q -t ed25519 -N '' -f hostkey
/usr/sbin/sshd -D -e -p 5129 -o ListenAddress=127.0.0.1 -h "$PWD/hostkey" -o StrictModes=no -o UsePAM=no >l 2>&1 & SSHD=$!
sleep 0.7; mkdir -p /srv/m
rsync -a -e "ssh -p 5129 -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR" /etc/ root@127.0.0.1:/srv/m/; kill $SSHD; test -e /srv/m/passwd
