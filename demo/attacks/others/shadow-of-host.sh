# about: a container reads the hashes of the host
# expect: sensitive_read high
# where: container
# needs: docker
container -v /etc:/config -- cat /config/shadow
