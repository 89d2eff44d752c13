# about: a rule that runs a command for a device is left on the host
# expect: container_escape high
# where: container
# needs: docker
mkdir -p /etc/udev/rules.d
container -v /etc/udev:/u -- sh -c "echo 'ACTION==\"add\", RUN+=\"/bin/id\"' >/u/rules.d/99-x.rules"
test -s /etc/udev/rules.d/99-x.rules
