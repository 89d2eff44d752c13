# about: a script that the image does not have is fetched and run by its first line
# expect: drift_exec medium
# where: container
# needs: docker
container -- sh -c 'printf "#!/bin/sh\necho ran-it\n" >/tmp/s; chmod +x /tmp/s; /tmp/s' | grep -q ran-it
