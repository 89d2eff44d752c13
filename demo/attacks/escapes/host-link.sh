# about: a link into the host's cron directory
# expect: container_escape critical
# where: container
# needs: docker
mkdir -p /etc/cron.d
container -v /:/host -- \
    sh -c 'echo x >/host/tmp/job; ln /host/tmp/job /host/etc/cron.d/linked || ln -s /tmp/job /host/etc/cron.d/linked'
