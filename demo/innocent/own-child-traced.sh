# about: debuggers attach to their own service, read its memory, and write a core
# needs: gdb strace python3
sleep 20 & P=$!
timeout 2 strace -f -o t -p $P || true; gdb -q -batch -p $P -ex 'info registers' -ex 'generate-core-file c' -ex detach >/dev/null 2>&1; head -c 10 /proc/$P/maps >/dev/null
python3 -c "import os; os.kill($P,0); os.pidfd_open($P)"; kill $P; test -s c
