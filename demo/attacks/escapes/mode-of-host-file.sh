# about: a program that lies in a directory of the host gets the setuid bit
# expect: container_escape medium
# where: container
# needs: docker
mkdir -p /srv/share; cp /bin/bash /srv/share/tool
container -v /srv:/s -- python3 -c 'import os; os.chmod("/s/share/tool",0o4755)'
test -u /srv/share/tool
