# about: in a user namespace of its own, a version 1 cgroup is mounted and its release agent opened, not written
# expect: container_escape medium
# where: container
# needs: docker
container --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    unshare -UrmC sh -c 'mkdir /tmp/c; for t in rdma memory cpu misc pids freezer net_cls none,name=x; do mount -t cgroup -o $t c /tmp/c 2>&1 && { ls /tmp/c | head -5; (exec 3>>/tmp/c/release_agent); break; }; done; mount | tail -n 1'
