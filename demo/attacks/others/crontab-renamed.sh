# about: a job of root is renamed into the spool
# expect: persistence medium
mkdir -p /var/spool/cron/crontabs; echo '* * * * * id' >/var/spool/cron/tmp.x; mv /var/spool/cron/tmp.x /var/spool/cron/crontabs/root
grep -q id /var/spool/cron/crontabs/root
