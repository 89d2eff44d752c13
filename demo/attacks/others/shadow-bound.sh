# about: the hashes are read through a bind mount of the file
# expect: sensitive_read medium
# needs: unshare
unshare -m sh -c "touch n; mount --bind /etc/shadow n; head -n 1 n" | grep -q :
