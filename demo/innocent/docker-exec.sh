# about: somebody looks into a container
# where: container
# needs: docker script
docker run -d --rm --network none --name looked tools sleep 20 >/dev/null
for c in "id" "ls /etc" "cat /etc/hostname"; do docker exec looked $c >/dev/null; done
echo "id; ls; exit" | docker exec -i looked sh >/dev/null
script -qc "docker exec -it looked sh -c id" /dev/null >/dev/null
docker kill looked >/dev/null
