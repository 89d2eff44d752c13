# about: a build tool chroots into a tree of its container
# where: container
# needs: docker
container --cap-add SYS_CHROOT -- sh -c "mkdir -p /tmp/r/usr/bin /tmp/r/usr/lib /tmp/r/usr/lib64; cp -a /usr/lib/. /tmp/r/usr/lib/ 2>/dev/null; cp -a /usr/lib64/. /tmp/r/usr/lib64/ 2>/dev/null; cp /usr/bin/true /tmp/r/usr/bin/; ln -s usr/lib /tmp/r/lib; ln -s usr/lib64 /tmp/r/lib64; chroot /tmp/r /usr/bin/true"
