# about: the hashes are copied by dd through the root of the process itself
# expect: sensitive_read medium
dd if=/proc/self/root/etc/shadow of=copy 2>/dev/null; test -s copy
