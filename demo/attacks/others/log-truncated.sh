# about: a log that a service writes is cut to nothing
# expect: defense_evasion medium
# needs: python3
setsid python3 -c 'import time
f=open("/var/log/auth.log","a",buffering=1)
for n in range(20): f.write(f"line {n}\n"); time.sleep(0.1)' & S=$!
sleep 1; truncate -s 0 /var/log/auth.log
wait $S; ! grep -q 'line 0' /var/log/auth.log
