# about: a library for every program is put into place by a rename
# expect: persistence medium
: >p; mv p /etc/ld.so.preload; test -e /etc/ld.so.preload; R=$?; rm /etc/ld.so.preload; (exit $R)
