# about: users are changed by those who may
# needs: useradd su setpriv
useradd -m demouser 2>/dev/null || true
su demouser -s /bin/sh -c 'id; su --help >/dev/null; sleep 0.1'
setpriv --reuid=65534 --regid=65534 --clear-groups id
su demouser -s /bin/sh -c 'passwd --help >/dev/null 2>&1; mount >/dev/null; newgrp --help >/dev/null 2>&1 || true'
