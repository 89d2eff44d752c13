# about: the helper for device events is set
# expect: container_escape medium
# where: container
# needs: docker
container -v /sys:/hostsys --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    sh -c 'exec 3>>/hostsys/kernel/uevent_helper' || true
