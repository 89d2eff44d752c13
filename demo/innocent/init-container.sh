# about: an application's first container prepares a volume: owners, modes, links, a program to copy in
# where: container
# needs: docker
docker volume create vol >/dev/null
container -v vol:/v -- sh -c 'mkdir -p /v/bin /v/etc/cron.d; cp /usr/bin/id /v/bin/tool; chmod 755 /v/bin/tool; chown -R 1000:1000 /v; ln -s /etc/passwd /v/p; echo x >/v/etc/cron.d/app'
container -v vol:/v:ro --user 1000:1000 -- sh -c '/v/bin/tool; cat /v/p >/dev/null'
