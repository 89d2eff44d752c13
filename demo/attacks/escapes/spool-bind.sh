# about: a job for root in the host's spool
# expect: container_escape critical
# where: container
# needs: docker
mkdir -p /var/spool/cron/crontabs
container -v /var/spool:/data -- sh -c 'echo "* * * * * id" >/data/cron/crontabs/root'
grep -q id /var/spool/cron/crontabs/root
