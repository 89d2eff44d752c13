# about: a program is compiled and run
# needs: gcc
for n in 1 2 3 4 5 6; do printf '#include <stdio.h>\nint main(){printf("%d\\n",%d);}\n' $n $n >p$n.c; sed -i "s/%d.n/\%d\\n/" p$n.c; done
printf 'all: p1 p2 p3 p4\n' >Makefile
echo 'int main(){return 0;}' >q.c
gcc -O1 -o q q.c; ./q; for n in 1 2 3; do gcc -c -pipe -o q$n.o q.c; done
