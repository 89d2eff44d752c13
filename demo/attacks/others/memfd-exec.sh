# about: a program is made in memory, and run from there
# expect: fileless_exec high
# needs: python3
python3 -c 'import os
m=os.memfd_create("x"); os.write(m,open("/bin/true","rb").read()); os.execv(f"/proc/self/fd/{m}",["[kworker/1:2]"])' 
