# about: logs are rotated, packed, emptied after a copy, and old ones removed
# needs: gzip
mkdir -p /var/log/app; seq 999 >/var/log/app/a.log; seq 999 >/var/log/app/b.log; seq 99 >/var/log/app/a.log.1.gz
rm /var/log/app/a.log.1.gz; mv /var/log/app/a.log /var/log/app/a.log.1; : >/var/log/app/a.log; chmod 640 /var/log/app/a.log; gzip /var/log/app/a.log.1
cp /var/log/app/b.log /var/log/app/b.log.1; truncate -s 0 /var/log/app/b.log; gzip -f /var/log/app/b.log.1
seq 9 >/var/log/syslog; mv /var/log/syslog /var/log/syslog.1; : >/var/log/syslog; gzip -f /var/log/syslog.1; test -e /var/log/app/a.log.1.gz
