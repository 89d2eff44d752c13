# about: an exporter is scraped, and asks df and ps on each scrape
# needs: python3 curl
cat >e.py <<'P'
import http.server,subprocess
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        b=subprocess.check_output(["df","-k"])+subprocess.check_output("ps ax | wc -l; id -u",shell=True); self.send_response(200); self.send_header("Content-Length",str(len(b))); self.end_headers(); self.wfile.write(b)
    protocol_version="HTTP/1.1"
    def log_message(self,*a): pass
http.server.ThreadingHTTPServer(("127.0.0.1",5111),H).serve_forever()
P
python3 e.py & S=$!
sleep 0.6; for n in 1 2 3 4; do curl -s http://127.0.0.1:5111/metrics http://127.0.0.1:5111/metrics >/dev/null; done; kill $S
