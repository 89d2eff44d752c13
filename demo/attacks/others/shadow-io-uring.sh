# about: the ring opens and reads the hashes
# expect: sensitive_read medium
# needs: gcc
cat >a.c <<'C'
#define _GNU_SOURCE
#include <linux/io_uring.h>
#include <sys/syscall.h>
#include <sys/mman.h>
#include <fcntl.h>
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
 static char b[64]; struct io_uring_sqe e={0}; e.opcode=IORING_OP_OPENAT; e.fd=-100; e.addr=(unsigned long)"/etc/shadow"; e.open_flags=O_RDONLY; int f=go(e);
 memset(&e,0,sizeof e); e.opcode=IORING_OP_READ; e.fd=f; e.addr=(unsigned long)b; e.len=60; int n=go(e); printf("%d %d\n",f,n); return n<=0;}
C
gcc -w -o a a.c && ./a
