# about: a process of the host is traced
# expect: container_escape critical
# where: container
# needs: docker
bash -c "exec -a demo-victim sleep 20" & VICTIM=$!
container --pid=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    sh -c 'T=$(cat /tmp/t 2>/dev/null); for p in /proc/[0-9]*; do grep -q demo-victim $p/cmdline 2>/dev/null && T=${p#/proc/}; done; python3 -c "import ctypes,sys; l=ctypes.CDLL(None); print(l.ptrace(0x4206,int(sys.argv[1]),0,0)); l.ptrace(17,int(sys.argv[1]),0,0)" $T'
kill $VICTIM
