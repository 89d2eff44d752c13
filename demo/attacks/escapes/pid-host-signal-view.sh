# about: the host's environment is read through its processes
# expect: credential_access medium
# where: container
# needs: docker
bash -c "exec -a demo-victim sleep 20" & VICTIM=$!
container --pid=host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    sh -c 'for p in /proc/[0-9]*; do if grep -q demo-victim $p/cmdline 2>/dev/null; then cat $p/environ >/dev/null; fi; done'
kill $VICTIM
