# about: a library is made in memory, and loaded
# expect: fileless_exec medium
# needs: python3 gcc
echo '#include <unistd.h>
__attribute__((constructor)) static void x(){write(1,"loaded\n",7);}' >l.c; gcc -shared -fPIC -o l.so l.c
python3 -c 'import os,ctypes
m=os.memfd_create("x"); os.write(m,open("l.so","rb").read()); os.unlink("l.so"); ctypes.CDLL(f"/proc/self/fd/{m}")' | grep -q loaded
