# about: a process of the node reads the memory of the sensor, and takes a descriptor from it
# expect: defense_evasion high
# needs: python3
for AT in /proc/[0-9]*; do [ "$(readlink "$AT/exe")" != "$(readlink -f /run/ktrace-tui)" ] || SENSOR=${AT#/proc/}; done
python3 -c "
import ctypes, os
libc, pid = ctypes.CDLL(None), $SENSOR
open(f'/proc/{pid}/mem', 'rb').close()
assert libc.syscall(438, os.pidfd_open(pid), 2, 0) >= 0"
