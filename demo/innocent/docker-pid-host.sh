# about: a monitoring container sees the host's processes from its start
# where: container
# needs: docker
docker run --rm --network none --pid=host tools sh -c "ps aux >/dev/null; cat /proc/1/status >/dev/null; cat /proc/loadavg"
