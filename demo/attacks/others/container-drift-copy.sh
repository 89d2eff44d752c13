# about: a program is copied within the container, and run
# expect: drift_exec medium
# where: container
# needs: docker
container -- sh -c "cp /usr/bin/id /tmp/updater && /tmp/updater"
