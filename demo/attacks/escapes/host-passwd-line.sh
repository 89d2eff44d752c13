# about: a second root is added to the host's users
# expect: container_escape critical
# where: container
# needs: docker
container -v /etc:/data -- sh -c 'echo "toor::0:0::/root:/bin/sh" >>/data/passwd'
grep -q toor /etc/passwd
