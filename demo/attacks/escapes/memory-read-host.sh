# about: a secret is read out of the memory of a process of the host with process_vm_readv
# expect: container_escape high
# where: container
# needs: docker
setsid python3 -c 'import ctypes,time
b=ctypes.create_string_buffer(b"secret-of-host",32); open("at","w").write(hex(ctypes.addressof(b))); time.sleep(15)' & VICTIM=$!
sleep 0.8; AT=$(cat at)
container --pid=host $RIGHTS -- python3 -c "import ctypes
class V(ctypes.Structure): _fields_=[('b',ctypes.c_void_p),('n',ctypes.c_size_t)]
x=ctypes.create_string_buffer(32); l=ctypes.CDLL(None)
l.process_vm_readv($VICTIM,ctypes.byref(V(ctypes.addressof(x),14)),1,ctypes.byref(V($AT,14)),1,0); print(x.value.decode())" >got
kill $VICTIM; grep -q secret-of-host got
