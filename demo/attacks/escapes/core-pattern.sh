# about: the program for core dumps is reached for; what is opened for writing is not written
# expect: container_escape critical
# where: container
# needs: docker
container -v /proc:/hostproc --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    sh -c 'exec 3>>/hostproc/sys/kernel/core_pattern' || true
