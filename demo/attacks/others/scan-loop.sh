# about: a loop of short programs tries one port after the other
# expect: recon medium
# needs: nc
for port in $(seq 6100 6140); do nc -z -w 1 127.0.0.1 "$port" || true; done
