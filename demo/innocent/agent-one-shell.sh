# about: an agent keeps one shell for all steps of a job, which come one by one, and uploads the log of each
# needs: python3
cat >server.py <<"P"
import http.server
jobs=["echo build; uname -a; id","ls /; date; whoami","echo $((6*7))-step"]
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        b=(jobs.pop(0) if jobs else "").encode(); self.send_response(200); self.send_header("Content-Length",str(len(b))); self.end_headers(); self.wfile.write(b)
    def do_POST(self):
        d=self.rfile.read(int(self.headers["Content-Length"])); open("got","ab").write(d); self.send_response(200); self.send_header("Content-Length","0"); self.end_headers()
    protocol_version="HTTP/1.1"
    def log_message(self,*a): pass
http.server.HTTPServer(("127.0.0.1",5120),H).serve_forever()
P
python3 server.py & S=$!
sleep 0.6
python3 -c 'import http.client,subprocess,time
p=subprocess.Popen(["bash"],stdin=-1,stdout=-1,stderr=-2,text=True,bufsize=1)
c=http.client.HTTPConnection("127.0.0.1",5120)
for _ in range(3):
    c.request("GET","/step"); job=c.getresponse().read().decode(); log=""
    p.stdin.write(job+"\necho --end--\n"); p.stdin.flush()
    while (l:=p.stdout.readline())!="--end--\n": log+=l
    c.request("POST","/log",log.encode()); c.getresponse().read(); time.sleep(.1)
p.stdin.close(); p.wait()'
kill $S; grep -q 42-step got
