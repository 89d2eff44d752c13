# about: a login over ssh: a shell, a command, a file copied both ways, a terminal
# needs: ssh sshd ssh-keygen scp sftp
mkdir -p /run/sshd /root/.ssh; chmod 700 /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f key; cat key.pub >>/root/.ssh/authorized_keys
ssh-keygen -q -t ed25519 -N '' -f hostkey
/usr/sbin/sshd -D -e -p 5022 -o ListenAddress=127.0.0.1 -h "$PWD/hostkey" -o StrictModes=no -o UsePAM=no >sshd.log 2>&1 & SSHD=$!
sleep 0.7
S="-p 5022 -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
ssh $S root@127.0.0.1 'id; uname -a'
ssh $S root@127.0.0.1 </dev/null bash -s <<END
whoami
hostname
END
echo 'id; hostname; exit' | timeout 8 ssh -tt $S root@127.0.0.1 >/dev/null || true
echo data >up; scp -q -P 5022 -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null up root@127.0.0.1:/tmp/up2
scp -q -P 5022 -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@127.0.0.1:/tmp/up2 down
echo 'ls /tmp' | sftp -q -P 5022 -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null root@127.0.0.1 >/dev/null
kill $SSHD
