# about: only the mount namespace of the host
# expect: container_escape critical
# where: container
# needs: docker
container --pid=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    nsenter -t 1 -m cat /proc/self/status >/dev/null
