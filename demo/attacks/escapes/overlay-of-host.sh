# about: an overlay over the host's files is mounted, and a secret of the host read through it
# expect: container_escape medium
# where: container
# needs: docker
container -v /:/host $RIGHTS -- sh -c 'mkdir /tmp/o; mount -t tmpfs t /mnt; mkdir /mnt/u /mnt/w; mount -t overlay o -o lowerdir=/host/etc,upperdir=/mnt/u,workdir=/mnt/w /tmp/o && head -c 10 /tmp/o/shadow | wc -c'
