# about: a unit is moved into place
# expect: persistence medium
mkdir -p /etc/systemd/system; echo "[Service]" >/tmp/x; mv /tmp/x /etc/systemd/system/x.service
