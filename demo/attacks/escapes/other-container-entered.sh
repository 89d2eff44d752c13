# about: one container enters another by its process
# expect: container_escape medium
# where: container
# needs: docker
docker run -d --rm --network none --name other tools sleep 25 >/dev/null
OTHER=$(docker inspect -f '{{.State.Pid}}' other)
container --pid=host $RIGHTS -- nsenter -t $OTHER -m -n -u -i hostname >name
docker inspect -f '{{.Config.Hostname}}' other >wanted
docker kill other >/dev/null
cmp name wanted
