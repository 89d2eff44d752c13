# about: one port after the other is tried
# expect: recon medium
# needs: python3
python3 - <<'END'
import socket
for port in range(6000, 6060):
    with socket.socket() as door:
        door.connect_ex(("127.0.0.1", port))
END
