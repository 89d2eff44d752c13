# about: an image is built whose steps run a script that a step wrote, and change its files
# where: container
# needs: docker
printf 'FROM tools\nCOPY s.sh /s.sh\nRUN cat /s.sh | sh && chmod u+s /usr/bin/id\nRUN cp /usr/bin/id /usr/local/bin/mine && /usr/local/bin/mine && echo "app:x:900:900::/:/bin/sh" >>/etc/passwd\nCMD ["/usr/local/bin/mine"]\n' >Dockerfile
mkdir -p x; printf 'mkdir -p /usr/local/bin; id; echo y >/etc/made\n' >s.sh
DOCKER_BUILDKIT=0 docker build --network none -q -t made . >/dev/null && docker run --rm --network none made >/dev/null
