# about: a container that sees the node's processes stops the sensor
# expect: defense_evasion critical
# where: container
# needs: docker
for AT in /proc/[0-9]*; do [ "$(readlink "$AT/exe")" != "$(readlink -f /run/ktrace-tui)" ] || SENSOR=${AT#/proc/}; done
container --pid=host -- sh -c "kill -STOP $SENSOR; sleep 0.3; kill -CONT $SENSOR"
