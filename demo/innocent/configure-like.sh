# about: a configure script asks for everything
# needs: gcc
cat >configure <<'END'
for c in uname hostname id whoami arch getconf; do command -v $c >/dev/null && $c >/dev/null 2>&1; done
uname -a >/dev/null; hostname >/dev/null; id >/dev/null; ps aux >/dev/null; env >/dev/null; mount >/dev/null
exec 5>config.log; echo "checking" >&5; cat >conftest.c <<X
int main(){return 0;}
X
gcc conftest.c -o conftest >&5 2>&5 && ./conftest
END
sh ./configure
