# about: a file of the host is opened by its handle
# expect: container_escape high
# where: container
# needs: docker
container -v /usr/share/base-files:/given --cap-add SYS_ADMIN --cap-add SYS_PTRACE --cap-add SYS_CHROOT --cap-add DAC_READ_SEARCH --security-opt seccomp=unconfined --security-opt apparmor=unconfined -- \
    python3 -c 'import ctypes,os
libc=ctypes.CDLL(None,use_errno=True)
class H(ctypes.Structure): _fields_=[("n",ctypes.c_uint),("t",ctypes.c_int),("f",ctypes.c_ubyte*128)]
h=H(); h.n=128; m=ctypes.c_int()
print(libc.name_to_handle_at(-100,b"/given/motd",ctypes.byref(h),ctypes.byref(m),0))
d=os.open("/given",0)
print(libc.open_by_handle_at(d,ctypes.byref(h),0),ctypes.get_errno())' || true
