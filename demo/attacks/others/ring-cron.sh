# about: a file is moved to where it starts something, through an io_uring
# expect: persistence medium
# needs: cc
cc -o helper "$LIB/ring.c"
mkdir -p /etc/cron.d
echo '* * * * * root true' >/etc/draft
./helper rename /etc/draft /etc/cron.d/sync
