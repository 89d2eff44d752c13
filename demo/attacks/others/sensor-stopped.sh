# about: the sensor is stopped while something happens, and goes on afterwards
# expect: defense_evasion high
for AT in /proc/[0-9]*; do [ "$(readlink "$AT/exe")" != "$(readlink -f /run/ktrace-tui)" ] || SENSOR=${AT#/proc/}; done
kill -STOP "$SENSOR"; sleep 0.3; cat /etc/hostname >/dev/null; kill -CONT "$SENSOR"
