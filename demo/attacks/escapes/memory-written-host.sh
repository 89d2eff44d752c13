# about: the memory of a process of the host is written with process_vm_writev
# expect: container_escape critical
# where: container
# needs: docker
setsid python3 -c 'import ctypes,time
b=ctypes.create_string_buffer(b"before",32); open("at","w").write(hex(ctypes.addressof(b)))
for _ in range(100):
    time.sleep(0.1)
    if b.value==b"after!": open("changed","w").write("x"); break' & VICTIM=$!
sleep 0.8; AT=$(cat at)
container --pid=host $RIGHTS -- python3 -c "import ctypes
class V(ctypes.Structure): _fields_=[('b',ctypes.c_void_p),('n',ctypes.c_size_t)]
x=ctypes.create_string_buffer(b'after!',7); l=ctypes.CDLL(None)
print(l.process_vm_writev($VICTIM,ctypes.byref(V(ctypes.addressof(x),7)),1,ctypes.byref(V($AT,7)),1,0))"
wait $VICTIM
test -e changed
