# about: a manifest of a static pod is written into the host
# expect: container_escape critical
# where: container
# needs: docker
mkdir -p /etc/kubernetes/manifests
container -v /etc/kubernetes:/k -- \
    sh -c 'mkdir -p /k/manifests; echo kind: Pod >/k/manifests/demo.yaml'
