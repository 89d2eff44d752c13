# about: a program deletes itself, and runs itself again
# expect: fileless_exec medium
# needs: python3
cp /bin/sleep ./s
python3 -c 'import os
f=os.open("s",os.O_RDONLY); os.unlink("s"); os.execve(f,["s","0"],{})'
