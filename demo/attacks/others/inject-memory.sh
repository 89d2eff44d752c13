# about: code is written into a process that somebody else started
# expect: privilege_escalation medium
# needs: gcc
cat >write.c <<'END'
#define _GNU_SOURCE
#include <stdint.h>
#include <stdlib.h>
#include <sys/uio.h>
int main(int count, char **args) {
    uint64_t word = 7;
    struct iovec from = {&word, 8}, to = {(void *)strtoul(args[2], 0, 16), 8};
    return process_vm_writev(atoi(args[1]), &from, 1, &to, 1, 0) == 8 ? 0 : 1;
}
END
gcc -o write write.c
sleep 5 &
VICTIM=$!
sleep 0.2
STACK=$(grep stack /proc/$VICTIM/maps | cut -d- -f1)
sh -c "./write $VICTIM $STACK; true"
kill $VICTIM
