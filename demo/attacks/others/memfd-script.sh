# about: a script in memory is run by a shell
# expect: fileless_exec medium
# needs: python3
python3 -c 'import os
m=os.memfd_create("x",0); os.write(m,b"id; echo ran-it\n"); os.set_inheritable(m,True); os.execv("/bin/sh",["sh",f"/proc/self/fd/{m}"])' | grep -q ran-it
