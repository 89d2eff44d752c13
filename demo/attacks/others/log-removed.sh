# about: a log is removed
# expect: defense_evasion medium
mkdir -p /var/log; echo x >/var/log/auth.log; rm /var/log/auth.log
