# about: a cron job is written into the host
# expect: container_escape critical
# where: container
# needs: docker
container -v /:/host -- \
    sh -c 'echo "* * * * * root id" >/host/etc/cron.d/demo-job'
