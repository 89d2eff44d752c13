# about: a private key is read by what has no use for it
# expect: credential_access medium
mkdir -p /root/.ssh; echo k >/root/.ssh/id_rsa; cp /root/.ssh/id_rsa /tmp/k
