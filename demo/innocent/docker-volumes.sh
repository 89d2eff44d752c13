# about: containers share a directory and write into it
# where: container
# needs: docker
mkdir -p shared; container -v "$PWD/shared:/data" -- sh -c "echo x >/data/f; tar -czf /data/a.tgz /data/f; mkdir /data/sub"; container -v "$PWD/shared:/data" -- cat /data/f
