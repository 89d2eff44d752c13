# about: a container shares the host network from its start
# where: container
# needs: docker
docker run --rm --network host tools sh -c "hostname; ip addr >/dev/null 2>&1; id"
