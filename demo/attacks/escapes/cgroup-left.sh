# about: the process leaves its container's cgroup
# expect: container_escape high
# where: container
# needs: docker
container --cgroupns=host -v /sys/fs/cgroup:/cg --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    sh -c 'for f in /cg/*/cgroup.procs /cg/cgroup.procs; do [ -e $f ] && echo $$ >$f; done; sleep 0.2' || true
