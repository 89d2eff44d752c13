# about: a key is added for the next login, by tee
# expect: persistence medium
mkdir -p /root/.ssh; echo 'ssh-ed25519 AAAAC3 x@y' | tee -a /root/.ssh/authorized_keys >/dev/null; grep -q x@y /root/.ssh/authorized_keys
