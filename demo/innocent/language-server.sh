# about: an editor's helper talks on pipes with its editor, with an index over TCP, and starts shells for tools
# needs: python3
timeout 20 python3 -m http.server 5106 --bind 127.0.0.1 >/dev/null 2>&1 & S=$!
sleep 0.7
cat >ls.py <<'P'
import sys,json,subprocess,http.client
c=http.client.HTTPConnection("127.0.0.1",5106)
for line in sys.stdin:
    c.request("GET","/"); c.getresponse().read()
    out=subprocess.run("echo x | wc -c; ls /",shell=True,capture_output=True,text=True,stdin=subprocess.DEVNULL).stdout
    print(json.dumps({"answer":out[:40]}),flush=True)
P
python3 -c 'import subprocess
p=subprocess.Popen(["python3","ls.py"],stdin=-1,stdout=-1,text=True,bufsize=1)
for n in range(4): p.stdin.write("hover\n"); p.stdin.flush(); p.stdout.readline()
p.stdin.close(); p.wait()'; R=$?
kill $S; (exit $R)
