# about: a program of another container is replaced, through the runtime's directory
# expect: container_escape medium
# where: container
# needs: docker
docker run -d --rm --network none --name other2 tools sleep 25 >/dev/null
D=$(docker inspect -f '{{.GraphDriver.Data.MergedDir}}{{.GraphDriver.Data.UpperDir}}' other2 2>/dev/null || true); echo "$D"
container -v /run/docker-data:/d -- sh -c 'for x in /d/*/*/fs/tmp /d/*/*/*/fs/tmp /d/overlay2/*/diff/tmp /d/*/*/*/*/fs/tmp /d/vfs/dir/*/tmp; do [ -d "$x" ] && echo id >"$x/planted"; done; true'
docker exec other2 cat /tmp/planted; R=$?
docker kill other2 >/dev/null; (exit $R)
