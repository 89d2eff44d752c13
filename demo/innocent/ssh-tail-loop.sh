# about: a loop follows a log on another machine over ssh
# needs: ssh sshd ssh-keygen
mkdir -p /run/sshd /root/.ssh; chmod 700 /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f key; cat key.pub >>/root/.ssh/authorized_keys; ssh-keygen -q -t ed25519 -N '' -f hostkey
/usr/sbin/sshd -D -e -p 5127 -o ListenAddress=127.0.0.1 -h "$PWD/hostkey" -o StrictModes=no -o UsePAM=no >l 2>&1 & SSHD=$!
sleep 0.7; seq 20 >log
S="-p 5127 -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
ssh $S root@127.0.0.1 'timeout 2 tail -n +1 -f /tmp/case/log' | while read -r l; do [ $((l % 5)) = 0 ] && echo "five: $l $(date)" >>seen; done
for h in a b; do ssh $S root@127.0.0.1 'hostname; uptime' </dev/null | tee -a seen >/dev/null; done
ssh $S root@127.0.0.1 'cat /tmp/case/log' | bash -c 'n=0; while read l; do n=$((n+l)); done; echo sum $n' >>seen
kill $SSHD; grep -q 'sum 210' seen
