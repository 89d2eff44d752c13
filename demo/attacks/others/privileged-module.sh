# about: one that may load modules
# expect: privileged_container medium
# where: container
# needs: docker
container --cap-add SYS_MODULE -- id
