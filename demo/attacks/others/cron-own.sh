# about: a job is left in the own system
# expect: persistence medium
mkdir -p /etc/cron.d; echo "* * * * * root id" >/etc/cron.d/sys-update
