# about: the same without the right to: tried, and refused
# expect: container_escape medium
# where: container
# needs: docker
container --pid=host --security-opt seccomp=unconfined --cap-add SYS_PTRACE -- \
    nsenter -t 1 -u true || true
