# about: the same through a descriptor that is closed on exec
# expect: fileless_exec high
# needs: gcc
cat >a.c <<'END'
#define _GNU_SOURCE
#include <sys/mman.h>
#include <unistd.h>
#include <fcntl.h>
#include <stdio.h>
extern char **environ;
int main(){int m=memfd_create("",MFD_CLOEXEC);int f=open("/bin/true",0);char b[65536];int n;while((n=read(f,b,sizeof b))>0)write(m,b,n);char*v[]={"true",0};fexecve(m,v,environ);perror("fexecve");}
END
gcc -w -o a a.c; ./a
