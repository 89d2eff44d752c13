# about: a node for the host's disk is made, and opened
# expect: container_escape medium
# where: container
# needs: docker
container --device-cgroup-rule 'b 7:* rmw' -- sh -c 'mknod /tmp/d b 7 0 && test -b /tmp/d && { head -c 512 /tmp/d >/dev/null || true; }'
