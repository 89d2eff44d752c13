# about: the token of a service account is read from a shell
# expect: credential_access medium
mkdir -p /var/run/secrets/kubernetes.io/serviceaccount; echo t >/var/run/secrets/kubernetes.io/serviceaccount/token; sh -c "cat /var/run/secrets/kubernetes.io/serviceaccount/token" >/dev/null
