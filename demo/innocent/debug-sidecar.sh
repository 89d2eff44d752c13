# about: a debugging container joins the processes and network of an application's, looks at its files, and traces it
# where: container
# needs: docker
docker run -d --rm --network none --name app tools sh -c 'while :; do cat /etc/passwd >/dev/null; sleep 0.2; done' >/dev/null
docker run --rm --pid=container:app --network=container:app --cap-add SYS_PTRACE tools sh -c 'ps ax; ls /proc/1/root/etc; cat /proc/1/root/etc/passwd; tr "\0" "\n" </proc/1/environ; timeout 1 strace -f -p 1; ss -ltn; true' >out 2>&1; R=$?
docker kill app >/dev/null; grep -q root out
