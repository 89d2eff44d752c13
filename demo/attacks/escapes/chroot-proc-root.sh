# about: chroot into the root of the host's init: no namespace changes
# expect: container_escape critical
# where: container
# needs: docker
container --pid=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    chroot /proc/1/root sh -c 'id; ls /etc/shadow'
