# about: a backup with rsync over ssh
# needs: rsync ssh sshd
mkdir -p /run/sshd /root/.ssh src; chmod 700 /root/.ssh; head -c 300000 /dev/urandom >src/f
ssh-keygen -q -t ed25519 -N '' -f key; cat key.pub >>/root/.ssh/authorized_keys; ssh-keygen -q -t ed25519 -N '' -f hostkey
/usr/sbin/sshd -D -e -p 5024 -o ListenAddress=127.0.0.1 -h "$PWD/hostkey" -o StrictModes=no -o UsePAM=no >sshd.log 2>&1 & SSHD=$!
sleep 0.7
rsync -a -e "ssh -p 5024 -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR" src/ root@127.0.0.1:/tmp/backup/
tar -czf - src | ssh -p 5024 -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@127.0.0.1 'cat >/tmp/b.tgz'
kill $SSHD
