# about: a program of the image is changed in place, and run
# expect: drift_exec medium
# where: container
# needs: docker
container -- sh -c 'cat /usr/bin/id >/usr/bin/date; date' | grep -q uid=
