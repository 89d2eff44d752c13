# about: a unit of a user's own manager, enabled by a link
# expect: persistence medium
mkdir -p /root/.config/systemd/user/default.target.wants; printf '[Service]\nExecStart=/bin/id\n' >/root/.config/systemd/user/a.service; ln -s ../a.service /root/.config/systemd/user/default.target.wants/; test -e /root/.config/systemd/user/default.target.wants/a.service
