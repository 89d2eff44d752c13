# about: a library from /tmp is loaded into a program of the system
# expect: defense_evasion medium
# needs: gcc
echo '#include <unistd.h>
__attribute__((constructor)) static void x(){write(1,"hooked\n",7);}' >l.c; gcc -shared -fPIC -o /tmp/case/libz.so l.c
LD_PRELOAD=/tmp/case/libz.so /usr/bin/id | grep -q hooked
