# about: a process of the host is traced
# expect: container_escape critical
# where: container
# needs: docker
sleep 20 & VICTIM=$!
container --pid=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    python3 -c "import ctypes; l=ctypes.CDLL(None); print(l.ptrace(0x4206,$VICTIM,0,0)); l.ptrace(17,$VICTIM,0,0)"
kill $VICTIM
