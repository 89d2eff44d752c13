# about: a dump of a database is packed, and piped to another machine over ssh
# needs: ssh sshd ssh-keygen python3 gzip
mkdir -p /run/sshd /root/.ssh; chmod 700 /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f key; cat key.pub >>/root/.ssh/authorized_keys; ssh-keygen -q -t ed25519 -N '' -f hostkey
/usr/sbin/sshd -D -e -p 5109 -o ListenAddress=127.0.0.1 -h "$PWD/hostkey" -o StrictModes=no -o UsePAM=no >l 2>&1 & SSHD=$!
sleep 0.7
S="-p 5109 -i key -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR"
python3 -c 'import sqlite3; d=sqlite3.connect("x.db"); d.execute("create table t(a)"); d.executemany("insert into t values(?)",[(n,) for n in range(999)]); d.commit()'
python3 -c 'import sqlite3; print("\n".join(sqlite3.connect("x.db").iterdump()))' | gzip | ssh $S root@127.0.0.1 'cat >/srv/dump.gz'
ssh $S root@127.0.0.1 'cat /srv/dump.gz' | gunzip | python3 -c 'import sqlite3,sys; sqlite3.connect("y.db").executescript(sys.stdin.read())'
tar cz x.db | ssh $S root@127.0.0.1 'tar xz -C /srv'
kill $SSHD; test -s y.db -a -s /srv/x.db
