# about: nsenter from a container with the host's pids into all namespaces of the host's init
# expect: container_escape critical
# where: container
# needs: docker
container --pid=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    nsenter -t 1 -m -u -i -n -p sh -c 'id; hostname'
