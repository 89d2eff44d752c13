# about: the administrator's key to a cluster is read by a shell's tool
# expect: credential_access medium
mkdir -p /root/.kube; echo 'users: [{user: {client-key-data: x}}]' >/root/.kube/config; sleep 0.2
awk 1 /root/.kube/config | grep -q key
