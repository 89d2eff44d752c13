# about: a container with the host's pids and root, read-only, looks at disks and processes
# where: container
# needs: docker
docker run --rm --network none --pid=host -v /:/host:ro tools sh -c 'cat /proc/[0-9]*/stat >/dev/null 2>&1; cat /host/etc/os-release /proc/mounts >/dev/null; ls /host/var/log >/dev/null; for p in /proc/[0-9]*; do readlink $p/exe >/dev/null; head -c 100 $p/cgroup; done >/dev/null 2>&1; true'
