# about: what one does first on a machine that one does not know
# expect: recon low
# needs: ip ss
sh -c 'id; uname -a; w; ps aux; df; mount; ip addr; ss -tan; env' >/dev/null
