# about: chroot into a bind mount of the host's root
# expect: container_escape critical
# where: container
# needs: docker
container -v /:/host --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    chroot /host sh -c 'id; ls /root'
