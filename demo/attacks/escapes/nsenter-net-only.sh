# about: only the network of a process of the host is entered
# expect: container_escape medium
# where: container
# needs: docker
setsid sleep 20 & VICTIM=$!
container --pid=host $RIGHTS -- nsenter -t $VICTIM -n sh -c 'readlink /proc/self/ns/net' >net
kill $VICTIM
[ "$(cat net)" = "$(readlink /proc/self/ns/net)" ]
