# about: containers start, run and stop
# where: container
# needs: docker
for n in 1 2 3; do container -- sh -c "id; ls / >/dev/null; sleep 0.1"; done
