# about: a rootless engine: a user namespace, its own mounts, a root of its own, an own network
# needs: unshare busybox
mkdir -p r/bin r/proc r/dev r/old; cp "$(command -v busybox)" r/bin/; for x in sh id ls mount umount; do ln -s busybox r/bin/$x; done
unshare -U --map-root-user -m -p -n -u -i -C -f sh -ec 'hostname box; mount --rbind r r; cd r; mount -t proc proc proc; touch dev/null; mount --bind /dev/null dev/null; pivot_root . old; exec /bin/sh -c "umount -l /old; /bin/id"' >out 2>&1; cat out; grep -q uid=0 out
