# about: a library for every program of the host
# expect: container_escape critical
# where: container
# needs: docker
container -v /etc:/conf -- \
    sh -c 'echo >>/conf/ld.so.preload'
rm -f /etc/ld.so.preload
