# about: a shell's loop follows events that a server sends, and reports each done
# needs: curl python3
timeout 12 python3 -c 'import http.server,time
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
        for n in range(3): self.wfile.write(b"data: build %d\n"%n); self.wfile.flush(); time.sleep(.2)
    def do_POST(self):
        d=self.rfile.read(int(self.headers["Content-Length"])); open("got","ab").write(d+b"\n"); self.send_response(200); self.send_header("Content-Length","0"); self.end_headers()
    def log_message(self,*a): pass
http.server.ThreadingHTTPServer(("127.0.0.1",5126),H).serve_forever()' & S=$!
sleep 0.7; curl -sN http://127.0.0.1:5126/events | while read -r kind what n; do out=$(make -v 2>/dev/null | head -n 1; date); curl -s -d "$what $n: $out" http://127.0.0.1:5126/done; done
kill $S; grep -q 'build 2' got
