# about: a program of 64 bits reads the hashes through the gate for 32-bit programs
# expect: sensitive_read medium
# needs: gcc
cat >a.c <<'C'
#include <stdio.h>
static char path[] = "/etc/shadow", text[64];
static long old(long call, long one, long two, long three) {
    long result;
    asm volatile("int $0x80" : "=a"(result) : "a"(call), "b"(one), "c"(two), "d"(three) : "r8", "r9", "r10", "r11", "memory");
    return result;
}
int main(void) {
    long file = old(5, (long)path, 0, 0), read = old(3, file, (long)text, 63);
    printf("%ld %ld\n", file, read);
    return read <= 0;
}
C
# Without its own addresses beyond what 32 bits can name.
gcc -w -static -no-pie -o a a.c && ./a
