# about: files of the host through /proc/1/root
# expect: container_escape high
# where: container
# needs: docker
container --pid=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    cat /proc/1/root/etc/shadow >/dev/null
