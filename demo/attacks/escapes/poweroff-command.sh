# about: the command that powers the host off is opened for writing, and not written
# expect: container_escape high
# where: container
# needs: docker
container -v /proc/sys:/settings $RIGHTS -- sh -c 'exec 3>>/settings/kernel/poweroff_cmd'
