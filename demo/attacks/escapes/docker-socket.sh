# about: the socket of the runtime, used from inside
# expect: container_escape high
# where: container
# needs: docker
container -v /run/docker.sock:/docker.sock -- \
    curl -s --unix-socket /docker.sock http://x/version >/dev/null
