# about: only the names and queues of the host are entered
# expect: container_escape medium
# where: container
# needs: docker
setsid sleep 20 & VICTIM=$!
container --pid=host $RIGHTS -- nsenter -t $VICTIM -u -i readlink /proc/self/ns/uts >uts
kill $VICTIM
[ "$(cat uts)" = "$(readlink /proc/self/ns/uts)" ]
