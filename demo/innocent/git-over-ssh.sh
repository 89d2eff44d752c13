# about: git clones and pushes over ssh
# needs: git ssh sshd
mkdir -p /run/sshd /root/.ssh; chmod 700 /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f key; cat key.pub >>/root/.ssh/authorized_keys; ssh-keygen -q -t ed25519 -N '' -f hostkey
/usr/sbin/sshd -D -e -p 5023 -o ListenAddress=127.0.0.1 -h "$PWD/hostkey" -o StrictModes=no -o UsePAM=no >sshd.log 2>&1 & SSHD=$!
sleep 0.7
export GIT_SSH_COMMAND="ssh -p 5023 -i $PWD/key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
git init -q --bare repo.git; git clone -q "root@127.0.0.1:$PWD/repo.git" work 2>/dev/null
(cd work; git -c user.email=a@b -c user.name=a commit -q --allow-empty -m x; git push -q origin HEAD)
git clone -q "root@127.0.0.1:$PWD/repo.git" again
kill $SSHD
