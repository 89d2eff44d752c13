# about: a container with rights over the host is started
# expect: privileged_container medium
# where: container
# needs: docker
container --cap-add SYS_ADMIN -- id
