# about: the host's disk is opened as a device
# expect: container_escape medium
# where: container
# needs: docker
[ -b /dev/loop0 ] || mknod /dev/loop0 b 7 0
container --device /dev/loop0:/dev/disk --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    sh -c 'head -c 512 /dev/disk >/dev/null' || true
