# about: a log is emptied by opening it anew
# expect: defense_evasion medium
seq 99 >/var/log/syslog; sleep 0.4
sh -c ': >/var/log/syslog'
[ ! -s /var/log/syslog ]
