# about: a privileged container counts cgroups, disks and mounts of the host, and reads nothing else
# where: container
# needs: docker
container -v /:/rootfs:ro -v /sys:/sys:ro -v /run:/var/run2:ro -v /run/docker-data:/var/lib/docker:ro -- sh -c 'cat /rootfs/etc/machine-id /rootfs/proc/meminfo 2>/dev/null; find /sys/fs/cgroup -maxdepth 2 | head -50 >/dev/null; ls /var/lib/docker >/dev/null; cat /proc/diskstats /proc/mounts >/dev/null; true'
