# about: lines are taken out of a log by an editor
# expect: defense_evasion medium
mkdir -p /var/log; printf 'a 10.0.0.9\nb\n' >/var/log/auth.log; sleep 0.2
sed -i /10.0.0.9/d /var/log/auth.log
! grep -q 10.0.0.9 /var/log/auth.log
