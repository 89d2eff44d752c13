# about: the record of logins is cut by python
# expect: defense_evasion medium
# needs: python3
head -c 384 /dev/zero >/var/log/wtmp
python3 -c 'import os; os.truncate("/var/log/wtmp",0)'
[ ! -s /var/log/wtmp ]
