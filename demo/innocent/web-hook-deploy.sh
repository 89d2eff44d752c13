# about: a hook over http starts a deployment script whose output is streamed back
# needs: python3 curl
cat >d.sh <<'D'
set -e
mkdir -p /srv/app; echo v2 >/srv/app/version; date; uname -r; echo deployed
D
cat >e.py <<'P'
import http.server,subprocess
class H(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"])); self.send_response(200); self.end_headers()
        p=subprocess.Popen(["bash","d.sh"],stdout=-1,stderr=-2)
        for l in p.stdout: self.wfile.write(l)
    def log_message(self,*a): pass
http.server.HTTPServer(("127.0.0.1",5112),H).serve_forever()
P
python3 e.py & S=$!
sleep 0.6; curl -s -d '{"ref":"main"}' http://127.0.0.1:5112/hook | grep -q deployed; R=$?; kill $S; (exit $R)
