# about: a line is left for the next login
# expect: persistence medium
echo "id >/dev/null" >>/root/.bashrc
