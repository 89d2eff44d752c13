# about: a backup container reads the host's files and streams them into an archive in a volume
# where: container
# needs: docker
mkdir -p /srv/back /srv/data; seq 9999 >/srv/data/x
container -v /srv:/source:ro -v /srv/back:/out -- sh -c 'tar czf /out/b.tgz -C /source data; chmod 600 /out/b.tgz'; test -s /srv/back/b.tgz
