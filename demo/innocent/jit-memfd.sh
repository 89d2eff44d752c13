# about: a just-in-time compiler maps its memory twice: once to write, once to run
# needs: python3
python3 -c 'import os,mmap,ctypes
m=os.memfd_create("doublemapper"); os.ftruncate(m,4096)
w=mmap.mmap(m,4096,prot=3); x=mmap.mmap(m,4096,prot=7); w.write(b"\xb8\x2a\x00\x00\x00\xc3")
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(x)))())'
python3 -c 'import os,multiprocessing.shared_memory as s; m=s.SharedMemory(create=True,size=99); m.buf[0]=1; m.close(); m.unlink()'
