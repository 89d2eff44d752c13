# about: a second root is added to the users
# expect: persistence medium
echo 'sys2:x:0:0::/root:/bin/bash' >>/etc/passwd; grep -q sys2 /etc/passwd
