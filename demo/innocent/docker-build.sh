# about: an image is built
# where: container
# needs: docker
printf "FROM tools\nRUN mkdir /app && echo x >/app/f && cp /usr/bin/true /app/prog && /app/prog\nCMD [\"/app/prog\"]\n" >Dockerfile
DOCKER_BUILDKIT=0 docker build -q --network none -t demo-built . >/dev/null
docker run --rm --network none demo-built; docker rmi -f demo-built >/dev/null
