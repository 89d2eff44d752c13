# about: services are stopped, continued and ended, and what is done to the sensor does it no harm
# needs: python3
sleep 20 & P=$!
kill -STOP $P; sleep 0.2; kill -CONT $P; kill -HUP $P || true; wait $P || true
for AT in /proc/[0-9]*; do [ "$(readlink "$AT/exe")" != "$(readlink -f /run/ktrace-tui)" ] || SENSOR=${AT#/proc/}; done
kill -0 "$SENSOR"; kill -CONT "$SENSOR"; kill -WINCH "$SENSOR"
cat "/proc/$SENSOR/status" "/proc/$SENSOR/stat" "/proc/$SENSOR/cmdline" >/dev/null
python3 -c "import os, resource; resource.prlimit($SENSOR, resource.RLIMIT_NOFILE); os.pidfd_open($SENSOR)"
