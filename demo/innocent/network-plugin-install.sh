# about: a container of the cluster's network installs its configuration and program on the node
# where: container
# needs: docker
mkdir -p /etc/cni/net.d /srv/opt/cni/bin
container -v /etc/cni:/host/etc/cni -v /srv/opt/cni/bin:/host/opt/cni/bin -- sh -c 'cp /usr/bin/true /host/opt/cni/bin/.x && mv /host/opt/cni/bin/.x /host/opt/cni/bin/demo-net && echo "{\"name\":\"demo\"}" >/host/etc/cni/net.d/10-demo.conf'
test -s /etc/cni/net.d/10-demo.conf
