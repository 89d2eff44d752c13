# about: a namespace of the host is bound to a file, and entered by that
# expect: container_escape high
# where: container
# needs: docker
setsid sleep 20 & VICTIM=$!
container --pid=host $RIGHTS -- \
    sh -c "touch /tmp/n; mount --bind /proc/$VICTIM/ns/net /tmp/n && nsenter --net=/tmp/n readlink /proc/self/ns/net" >net
kill $VICTIM
[ "$(cat net)" = "$(readlink /proc/self/ns/net)" ]
