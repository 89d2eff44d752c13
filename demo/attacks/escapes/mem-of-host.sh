# about: the memory of a process of the host is opened for writing
# expect: container_escape critical
# where: container
# needs: docker
sleep 20 & VICTIM=$!
container --pid=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    sh -c "exec 3>/proc/$VICTIM/mem" || true
kill $VICTIM
