# about: a descriptor of a process of the host is given to setns
# expect: container_escape high
# where: container
# needs: docker
setsid sleep 20 & VICTIM=$!
container --pid=host $RIGHTS -- python3 -c "import ctypes,os
l=ctypes.CDLL(None); p=os.pidfd_open($VICTIM); r=l.setns(p,0x20000|0x4000000|0x40000000); print(r,os.uname().nodename); open('/tmp/case/entered','w').write('x')"
kill $VICTIM
test -e entered
