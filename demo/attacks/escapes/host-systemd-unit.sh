# about: a unit is written into the host
# expect: container_escape critical
# where: container
# needs: docker
container -v /etc:/conf -- \
    sh -c 'mkdir -p /conf/systemd/system; echo [Service] >/conf/systemd/system/demo.service'
