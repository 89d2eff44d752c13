# about: the hashes are read under another name of the file
# expect: sensitive_read medium
ln /etc/shadow /etc/.s && tail -n 1 /etc/.s | grep -q :
