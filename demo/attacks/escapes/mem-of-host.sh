# about: the memory of a process of the host is opened for writing
# expect: container_escape high
# where: container
# needs: docker
bash -c "exec -a demo-victim sleep 20" & VICTIM=$!
container --pid=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    sh -c 'for p in /proc/[0-9]*; do if grep -q demo-victim $p/cmdline 2>/dev/null; then exec 3>$p/mem; fi; done' || true
kill $VICTIM
