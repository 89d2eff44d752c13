# about: a library that the image does not have is loaded into one of its programs
# expect: drift_exec medium
# where: container
# needs: docker gcc
echo '#include <unistd.h>
__attribute__((constructor)) static void x(){write(1,"hooked\n",7);}' >l.c; gcc -shared -fPIC -o l.so l.c
container -i -- sh -c 'cat >/tmp/l.so; LD_PRELOAD=/tmp/l.so id' <l.so | grep -q hooked
