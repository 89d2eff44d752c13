# about: a line that every python of the host runs is left in its packages
# expect: container_escape high
# where: container
# needs: docker
mkdir -p /usr/local/lib/python3.11/dist-packages
container -v /usr/local/lib:/lib2 -- sh -c 'echo "import os" >/lib2/python3.11/dist-packages/x.pth'
test -s /usr/local/lib/python3.11/dist-packages/x.pth
