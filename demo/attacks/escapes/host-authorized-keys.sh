# about: a key for root is written into the host
# expect: container_escape critical
# where: container
# needs: docker
container -v /root:/hostroot -- \
    sh -c 'mkdir -p /hostroot/.ssh; echo ssh-ed25519 AAAA demo >>/hostroot/.ssh/authorized_keys'
