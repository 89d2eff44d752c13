# about: an agent asks for jobs over one long connection, and runs each as a script file
# needs: python3
cat >server.py <<'END'
import http.server,json
jobs=["echo build; uname -a; id","ls /; date; whoami"]
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        b=(jobs.pop() if jobs else "").encode(); self.send_response(200); self.send_header("Content-Length",str(len(b))); self.end_headers(); self.wfile.write(b)
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"])); self.send_response(200); self.send_header("Content-Length","0"); self.end_headers()
    protocol_version="HTTP/1.1"
    def log_message(self,*a): pass
http.server.HTTPServer(("127.0.0.1",5040),H).serve_forever()
END
python3 server.py & S=$!
sleep 0.6

python3 -c 'import http.client,subprocess,time
c=http.client.HTTPConnection("127.0.0.1",5040)
for _ in range(3):
    c.request("GET","/job"); job=c.getresponse().read().decode()
    if job:
        open("job.sh","w").write(job)
        out=subprocess.run(["bash","-e","job.sh"],capture_output=True).stdout
        c.request("POST","/log",out); c.getresponse().read()
    time.sleep(.2)'
kill $S
