# about: a shell with the setuid bit is left in a directory of the host
# expect: container_escape medium
# where: container
# needs: docker
mkdir -p /srv/share
container -v /srv/share:/share -- sh -c 'cp /bin/bash /share/.cache && chmod 4755 /share/.cache'
test -u /srv/share/.cache
