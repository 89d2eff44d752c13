# about: a program is written to shared memory, run, and removed
# expect: fileless_exec medium
cp /usr/bin/id /dev/shm/.x; /dev/shm/.x | grep -q uid=; R=$?; rm /dev/shm/.x; (exit $R)
