# about: a file without a name is filled and run
# expect: fileless_exec medium
# needs: python3
python3 -c 'import os
f=os.open("/tmp",os.O_TMPFILE|os.O_RDWR,0o755); os.write(f,open("/usr/bin/id","rb").read())
g=os.open(f"/proc/self/fd/{f}",os.O_RDONLY); os.close(f); os.set_inheritable(g,True); os.execve(g,["id"],{})' | grep -q uid=
