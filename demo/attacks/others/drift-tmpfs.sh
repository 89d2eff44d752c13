# about: a program is written to the container's shared memory, and run
# expect: drift_exec medium
# where: container
# needs: docker
container --tmpfs /scratch:exec -- sh -c 'cp /usr/bin/id /scratch/x; /scratch/x' | grep -q uid=
