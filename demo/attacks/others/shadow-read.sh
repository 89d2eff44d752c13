# about: the hashes of passwords are read
# expect: sensitive_read medium
cat /etc/shadow >/dev/null
