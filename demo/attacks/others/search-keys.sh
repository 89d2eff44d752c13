# about: somebody searches for keys
# expect: credential_access medium
find /home /root -name id_rsa 2>/dev/null || true
