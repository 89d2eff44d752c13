# about: ssh goes through a proxy command
# needs: ssh sshd nc
mkdir -p /run/sshd /root/.ssh; chmod 700 /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f key; cat key.pub >>/root/.ssh/authorized_keys; ssh-keygen -q -t ed25519 -N '' -f hostkey
/usr/sbin/sshd -D -e -p 5025 -o ListenAddress=127.0.0.1 -h "$PWD/hostkey" -o StrictModes=no -o UsePAM=no >sshd.log 2>&1 & SSHD=$!
sleep 0.7
ssh -i key -o ProxyCommand='nc 127.0.0.1 5025' -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@x 'id; hostname'
ssh -i key -o ProxyCommand='sh -c "nc 127.0.0.1 5025; true"' -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR root@x id
kill $SSHD
