# about: the same without the right to
# expect: container_escape medium
# where: container
# needs: docker
container -v /etc/hostname:/hostname --security-opt seccomp=unconfined -- \
    python3 -c 'import ctypes,os
libc=ctypes.CDLL(None,use_errno=True)
class H(ctypes.Structure): _fields_=[("n",ctypes.c_uint),("t",ctypes.c_int),("f",ctypes.c_ubyte*128)]
h=H(); h.n=8; h.t=1
d=os.open("/hostname",0)
print(libc.open_by_handle_at(d,ctypes.byref(h),0),ctypes.get_errno())' || true
