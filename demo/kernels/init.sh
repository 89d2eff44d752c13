#!/bin/busybox sh
# The first process of a machine that has nothing but busybox, ktrace-tui and helper: what `demo/kernels/run` boots. What is
# found goes to the second serial line, a line each: JSON as ktrace-tui prints it, and `ran NAME COUNT` of what was done.
export PATH=/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t securityfs security /sys/kernel/security
mount -t devtmpfs dev /dev
mount -t cgroup2 cgroup /sys/fs/cgroup
ip link set lo up
exec >/dev/ttyS0 2>&1
stty -F /dev/ttyS1 raw 2>/dev/null
tell() { cat >/dev/ttyS1; }

echo "Linux $(uname -r)"
ktrace-tui doctor --format json --no-runtimes >/tmp/doctor 2>&1
tell </tmp/doctor
ktrace-tui watch --format json --no-runtimes >/tmp/told 2>/tmp/said &
watch=$!
for _ in $(seq 600); do
    grep -q '^ready$' /tmp/said && break
    [ -d /proc/$watch ] || break
    usleep 100000
done
echo "watch: $(tr '\n' ' ' </tmp/said)"

. /attacks.sh
# The machine sleeps for some seconds, until its clock wakes it.
/bin/busybox true asleep-before
echo 0 >/sys/class/rtc/rtc0/wakealarm
echo +3 >/sys/class/rtc/rtc0/wakealarm
echo mem >/sys/power/state
echo "woke $(date +%s)" | tell
/bin/busybox true asleep-after
sleep 2
kill -INT $watch
wait $watch
echo "code $?" | tell
tail -n 1 /tmp/said
echo "said $(tail -n 1 /tmp/said)" | tell

echo "execs $(grep '"kind":"exec"' /tmp/told | grep -c '"/bin/busybox","true","[0-9]*"\]')" | tell
grep '"kind":"exec"' /tmp/told | grep '"true","asleep-' | tell
grep '"type":"loss"' /tmp/told | tell
grep '"kind":"listen"' /tmp/told | head -n 3 | tell
grep '"kind":"connect"' /tmp/told | grep '127.0.0.2:9' | tell
grep '"type":"finding"' /tmp/told | tell
echo "end" | tell
poweroff -f
