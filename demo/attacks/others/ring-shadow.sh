# about: passwords are read through an io_uring
# expect: sensitive_read medium
# needs: cc
cc -o helper "$LIB/ring.c"
./helper read /etc/shadow
