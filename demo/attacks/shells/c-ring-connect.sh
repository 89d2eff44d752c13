# about: the connection is opened through an io_uring
# expect: reverse_shell high
# needs: cc python3
cc -o helper "$LIB/ring.c"
peer 4950
timeout 6 ./helper shell 4950 || true
done_typing
