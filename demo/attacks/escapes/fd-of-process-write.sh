# about: a file is written through a descriptor that a process of the host has open
# expect: container_escape critical
# where: container
# needs: docker
touch /etc/cron.d/open-one; setsid sleep 20 3>>/etc/cron.d/open-one & VICTIM=$!
sleep 0.2
container --pid=host $RIGHTS -- sh -c "echo '* * * * * root id' >>/proc/$VICTIM/fd/3"
kill $VICTIM
grep -q root /etc/cron.d/open-one
