# about: what the host gave its programs is read
# expect: container_escape high
# where: container
# needs: docker
SECRET=1 sleep 20 & VICTIM=$!
container --pid=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    cat /proc/$VICTIM/environ
kill $VICTIM
