# about: liveness and readiness commands run in containers, and a terminal is opened
# where: container
# needs: docker
docker run -d --rm --network none --name app tools sh -c 'touch /tmp/ready; exec sleep 25' >/dev/null
for n in 1 2 3 4; do docker exec app sh -c 'cat /tmp/ready && test "$(ps | wc -l)" -gt 0' >/dev/null; docker exec app cat /proc/1/status >/dev/null; done
docker exec app sh -c 'kill -0 1'; R=$?
docker kill app >/dev/null; (exit $R)
