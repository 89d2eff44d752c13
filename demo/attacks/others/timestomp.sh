# about: a planted program gets the times of another
# expect: defense_evasion medium
cp /bin/true /usr/local/bin/helper; touch -r /bin/ls /usr/local/bin/helper
[ ! /usr/local/bin/helper -nt /bin/ls ]
