# about: a program from the container's own layer is run by the dynamic loader
# expect: drift_exec medium
# where: container
# needs: docker
container -- sh -c 'cp /usr/bin/id /tmp/data.bin; chmod 644 /tmp/data.bin; $(ls /lib64/ld-linux-x86-64.so.2) /tmp/data.bin' | grep -q uid=
