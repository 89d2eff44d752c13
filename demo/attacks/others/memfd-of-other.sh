# about: a program in the memory of one process is run by another, through its descriptors
# expect: fileless_exec high
# needs: python3
python3 -c 'import os,time
m=os.memfd_create("jit-cache"); os.write(m,open("/usr/bin/id","rb").read()); open("at","w").write(f"/proc/{os.getpid()}/fd/{m}"); time.sleep(2)' & A=$!
sleep 0.6
"$(cat at)" | grep -q uid=; R=$?
wait $A; (exit $R)
