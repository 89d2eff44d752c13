# about: the system request key is reached for
# expect: container_escape medium
# where: container
# needs: docker
container -v /proc:/hostproc --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    sh -c 'exec 3>/hostproc/sysrq-trigger' || true
