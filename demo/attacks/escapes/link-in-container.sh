# about: a link of the container leads into the host's files, and a job is written by it
# expect: container_escape critical
# where: container
# needs: docker
container -v /:/host -- sh -c 'ln -s /host/etc /opt-conf; cd /opt-conf/cron.d; umask 022; printf "* * * * * root id\n" >by-link'
grep -q root /etc/cron.d/by-link
