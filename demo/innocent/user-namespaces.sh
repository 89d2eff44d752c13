# about: a sandbox makes namespaces of its own
# needs: busybox unshare
unshare -Ur id; unshare -Urm sh -c "mount -t tmpfs none /mnt; ls /mnt"; unshare -Urpf --mount-proc sh -c "ps aux >/dev/null"; unshare -n true; mkdir root; cp $(command -v busybox) root/; chroot root /busybox true
