# about: files are copied into and out of a container
# where: container
# needs: docker
docker run -d --rm --network none --name copied tools sleep 20 >/dev/null
echo x >f; docker cp f copied:/tmp/f; docker cp copied:/etc/hostname out; docker kill copied >/dev/null
