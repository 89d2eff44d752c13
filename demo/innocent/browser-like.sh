# about: a browser's broker and its sandboxed renderers: user namespaces, chroot into nothing, filters, a pipe back
# needs: python3 gcc
cat >a.c <<'C'
#define _GNU_SOURCE
#include <sched.h>
#include <unistd.h>
#include <stdio.h>
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <linux/seccomp.h>
#include <linux/filter.h>
#include <sys/syscall.h>
int main(){for(int n=0;n<3;n++){int s[2];socketpair(AF_UNIX,SOCK_SEQPACKET,0,s);if(!fork()){close(s[0]);
 if(unshare(CLONE_NEWUSER|CLONE_NEWPID|CLONE_NEWNET))_exit(9);if(!fork()){if(chroot("/proc/self/fdinfo")||chdir("/"))_exit(8);prctl(PR_SET_NO_NEW_PRIVS,1,0,0,0);
 struct sock_filter f[]={BPF_STMT(BPF_RET|BPF_K,SECCOMP_RET_ALLOW)};struct sock_fprog p={1,f};if(prctl(PR_SET_SECCOMP,SECCOMP_MODE_FILTER,&p))_exit(7);write(s[1],"painted",7);_exit(0);}
 int r;wait(&r);_exit(WEXITSTATUS(r));}
 close(s[1]);char b[16];int got=read(s[0],b,16);close(s[0]);int r;wait(&r);if(got!=7)return 1;}return 0;}
C
gcc -w -o a a.c && ./a
