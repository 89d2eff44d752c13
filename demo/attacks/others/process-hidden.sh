# about: a process is hidden by a mount over its directory in /proc
# expect: defense_evasion medium
sleep 10 & P=$!
mkdir e; mount --bind e /proc/$P
[ ! -e /proc/$P/stat ]; R=$?
umount /proc/$P; kill $P; (exit $R)
