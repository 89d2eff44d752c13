# about: a cgroup v1 hierarchy of its own is mounted, and its release agent set
# expect: container_escape critical
# where: container
# needs: docker
container --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    sh -c 'mkdir /tmp/cg; mount -t cgroup -o none,name=ktrace-demo cgroup /tmp/cg; mkdir /tmp/cg/child; echo 1 >/tmp/cg/child/notify_on_release; echo /bin/true >/tmp/cg/release_agent; rmdir /tmp/cg/child; umount /tmp/cg'
