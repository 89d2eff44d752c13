# about: the same through a link, by a language
# expect: sensitive_read medium
# needs: python3
ln -s /etc/shadow innocent.txt; python3 -c "open('innocent.txt').read()"
