# about: a program is traced inside of its container
# where: container
# needs: docker
container --cap-add SYS_PTRACE --security-opt seccomp=unconfined -- sh -c "strace -o /tmp/t id >/dev/null || true"
