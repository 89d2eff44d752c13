# about: a command for the next run of apt is left on the host
# expect: container_escape high
# where: container
# needs: docker
mkdir -p /etc/apt/apt.conf.d
container -v /etc/apt:/data -- sh -c "echo 'APT::Update::Pre-Invoke {\"id\";};' >/data/apt.conf.d/99x"
test -s /etc/apt/apt.conf.d/99x
