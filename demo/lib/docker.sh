# The Docker Engine of the node: own data, own socket, no network; and the image `tools` for the cases.
mkdir -p /run/docker-data /run/docker-exec
dockerd --data-root /run/docker-data --exec-root /run/docker-exec --pidfile /run/docker.pid --host "$DOCKER_HOST" \
    --bridge=none --iptables=false --ip-forward=false --shutdown-timeout=1 >/run/dockerd.log 2>&1 &
for _ in $(seq 300); do
    docker version >/dev/null 2>&1 && break
    sleep 0.1
done
docker version >/dev/null 2>&1 || { tail -n 30 /run/dockerd.log >&2; exit 1; }
python3 "$LIB/image.py" | docker import --change 'ENV PATH=/usr/sbin:/usr/bin:/sbin:/bin' - tools >/dev/null
