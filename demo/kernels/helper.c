/* What no shell can do: run a program out of memory, and be a name server that knows one name.
 *
 *     helper memory PROGRAM     helper names
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

static int memory(const char *program)
{
    char bytes[65536];
    ssize_t len;
    int from = open(program, O_RDONLY), to = memfd_create("x", 0);
    while ((len = read(from, bytes, sizeof bytes)) > 0)
        if (write(to, bytes, len) != len)
            return 1;
    char path[32], *argv[] = {"[kworker/1:2]", NULL}, *none[] = {NULL};
    snprintf(path, sizeof path, "/proc/self/fd/%d", to);
    execve(path, argv, none);
    perror(path);
    return 1;
}

/* Whatever is asked for has the address 127.0.0.2; there are no others. */
static int names(void)
{
    static const unsigned char answer[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 2};
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, who;
    int fd = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(fd, (struct sockaddr *)&here, sizeof here) != 0)
        return perror("bind"), 1;
    for (;;) {
        unsigned char bytes[512];
        socklen_t size = sizeof who;
        ssize_t len = recvfrom(fd, bytes, sizeof bytes - sizeof answer, 0, (struct sockaddr *)&who, &size);
        if (len < 17)
            continue;
        int v4 = bytes[len - 3] == 1;
        bytes[2] |= 0x80;
        bytes[7] = v4;
        if (v4) {
            memcpy(bytes + len, answer, sizeof answer);
            len += sizeof answer;
        }
        sendto(fd, bytes, len, 0, (struct sockaddr *)&who, size);
    }
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "memory") == 0)
        return memory(argv[2]);
    return argc == 2 && strcmp(argv[1], "names") == 0 ? names() : 2;
}
