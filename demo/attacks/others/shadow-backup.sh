# about: the copy of the hashes is read
# expect: sensitive_read medium
cp -p /etc/shadow /etc/shadow-; sleep 0.2; base64 /etc/shadow- | grep -q .
