# about: it is written elsewhere, and renamed into place
# expect: container_escape critical
# where: container
# needs: docker
mkdir -p /etc/cron.d
container -v /:/host -- \
    sh -c 'echo x >/host/tmp/.x; mv /host/tmp/.x /host/etc/cron.d/demo-job2'
