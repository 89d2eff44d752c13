# about: a controller sends a python program over ssh's input, which runs commands and answers in JSON
# needs: ssh sshd ssh-keygen python3
mkdir -p /run/sshd /root/.ssh; chmod 700 /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f key; cat key.pub >>/root/.ssh/authorized_keys; ssh-keygen -q -t ed25519 -N '' -f hostkey
/usr/sbin/sshd -D -e -p 5104 -o ListenAddress=127.0.0.1 -h "$PWD/hostkey" -o StrictModes=no -o UsePAM=no >l 2>&1 & SSHD=$!
sleep 0.7
S="-p 5104 -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o ControlMaster=auto -o ControlPath=/tmp/case/cm -o ControlPersist=3"
for n in 1 2; do
ssh $S root@127.0.0.1 '/bin/sh -c "echo ~ && sleep 0"' >/dev/null
ssh $S root@127.0.0.1 '/bin/sh -c "umask 77 && mkdir -p /root/.ansible/tmp/x && cat >/root/.ansible/tmp/x/m.py && /usr/bin/python3 /root/.ansible/tmp/x/m.py; rm -rf /root/.ansible/tmp/x"' <<'P'
import json,subprocess
print(json.dumps({c: subprocess.run(c,shell=True,capture_output=True,text=True).stdout for c in ("id","uname -a","cat /etc/os-release")}))
P
ssh $S root@127.0.0.1 /usr/bin/python3 - <<'P'
import json,subprocess
print(json.dumps({"facts": subprocess.run(["sh","-c","df; mount"],capture_output=True,text=True).stdout}))
P
done >out
ssh $S -O exit root@127.0.0.1 2>/dev/null; kill $SSHD; grep -q facts out
