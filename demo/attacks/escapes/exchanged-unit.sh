# about: a unit of the host is exchanged with another file
# expect: container_escape critical
# where: container
# needs: docker
mkdir -p /etc/systemd/system /srv/share; echo '[Service]' >/etc/systemd/system/old.service
container -v /etc/systemd:/units -v /srv/share:/share -- \
    python3 -c 'import ctypes,os
open("/units/x","w").write("[Service]\nExecStart=/bin/id\n")
print(ctypes.CDLL(None).syscall(316,-100,b"/units/x",-100,b"/units/system/old.service",2)); os.unlink("/units/x")'
grep -q ExecStart /etc/systemd/system/old.service
