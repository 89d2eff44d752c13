# about: the host's directory is bound elsewhere in the container, and written there
# expect: container_escape critical
# where: container
# needs: docker
container -v /:/host $RIGHTS -- sh -c 'mkdir /tmp/m; mount --bind /host/etc/cron.d /tmp/m; echo "* * * * * root id" >/tmp/m/bound'
grep -q root /etc/cron.d/bound
