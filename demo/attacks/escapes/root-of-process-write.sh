# about: a file is written through the root of a process of the host
# expect: container_escape critical
# where: container
# needs: docker
setsid sleep 20 & VICTIM=$!
container --pid=host $RIGHTS -- sh -c "echo '* * * * * root id' >/proc/$VICTIM/root/etc/cron.d/through"
kill $VICTIM
grep -q root /etc/cron.d/through
