# about: a daemon of rsync is copied from and to
# needs: rsync
mkdir src dst; seq 999 >src/x
printf 'use chroot = no\n[d]\npath = %s/src\nread only = no\nuid = root\ngid = root\n[h]\npath = %s/src\npre-xfer exec = /bin/sh -c id\nread only = no\n' "$PWD" "$PWD" >c
rsync --daemon --no-detach --config=c --port=5103 --address=127.0.0.1 & S=$!
sleep 0.5; rsync -a rsync://127.0.0.1:5103/d/ dst/; rsync -a dst/ rsync://127.0.0.1:5103/d/; rsync -a rsync://127.0.0.1:5103/h/ dst/; cmp src/x dst/x; R=$?
kill $S; (exit $R)
