# about: tests mount in a user namespace: overlays, binds, a pivoted root
# needs: unshare
unshare -Urmpf --mount-proc bash -ec 'mount -t tmpfs t /mnt; mkdir -p /mnt/{l,u,w,m}; echo a >/mnt/l/f; mount -t overlay o -o lowerdir=/mnt/l,upperdir=/mnt/u,workdir=/mnt/w /mnt/m; echo b >>/mnt/m/f; mkdir /mnt/b; mount --rbind /usr /mnt/b; umount -l /mnt/b; cat /mnt/m/f >/tmp/case/out'
grep -q b out
