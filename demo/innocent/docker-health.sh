# about: a health check runs in a container every moment
# where: container
# needs: docker
docker run -d --rm --network none --name healthy --health-cmd "sh -c 'test -e /etc/hostname'" --health-interval 1s tools sleep 20 >/dev/null
sleep 3; docker kill healthy >/dev/null
