# about: a program is traced and debugged by who started it
# needs: gcc strace gdb
echo 'int main(){int x=0;for(int i=0;i<9;i++)x+=i;return x>99;}' >p.c; gcc -g -o p p.c
strace -f -o trace sh -c 'ls / >/dev/null; id >/dev/null'
gdb -q -batch -ex 'break main' -ex run -ex 'next' -ex 'set variable x=3' -ex continue ./p >/dev/null 2>&1
