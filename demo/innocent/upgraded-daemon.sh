# about: a daemon is upgraded under its feet, and runs itself anew to keep its connections
# needs: gcc
cat >d.c <<'C'
#include <unistd.h>
#include <stdio.h>
int main(int n,char**v){char p[99];if(n>2){puts("kept");return 0;}if(n>1){readlink("/proc/self/exe",p,98);execl("/proc/self/exe","d","x","again",(char*)0);}sleep(1);execl("/proc/self/exe","d","x",(char*)0);return 1;}
C
gcc -w -o /usr/local/bin/demod d.c; cp /usr/local/bin/demod new
/usr/local/bin/demod >out & D=$!
sleep 0.4; mv new /usr/local/bin/demod; wait $D; grep -q kept out
