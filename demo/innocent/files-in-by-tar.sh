# about: files go into a container and out of it through tar on the runtime's streams, and a script is fed to it
# where: container
# needs: docker
docker run -d --rm --network none --name box tools sleep 20 >/dev/null
mkdir d; seq 999 >d/x
tar c d | docker exec -i box tar x -C /tmp; docker exec box tar c -C /tmp d | tar x -C .
printf 'set -e\nls /tmp/d\nid\necho $((6*7))-in\n' | docker exec -i box sh >out
docker kill box >/dev/null; grep -q 42-in out
