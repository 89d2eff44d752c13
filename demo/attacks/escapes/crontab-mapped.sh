# about: the host's crontab is changed through a mapping of it
# expect: container_escape high
# where: container
# needs: docker
printf '# nothing nothing nothing\n' >/etc/crontab
container -v /etc:/conf -- python3 -c 'import mmap
f=open("/conf/crontab","r+b"); m=mmap.mmap(f.fileno(),0); m[:18]=b"* * * * * root id\n"; m.flush()'
grep -q 'root id' /etc/crontab
