# about: a directory of the host was left open, and is the working directory
# expect: container_escape critical
# where: container
# needs: docker
container -v /:/host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    python3 -c 'import os
d=os.open("/host",os.O_RDONLY|os.O_DIRECTORY)
os.fchdir(d); os.chroot("."); print(os.listdir("/"))' || true
