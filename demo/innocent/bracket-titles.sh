# about: services give themselves titles with brackets
# needs: python3
bash -c "exec -a '[celeryd: celery@demo:MainProcess]' python3 -c 'import time; time.sleep(.5)'"
bash -c "exec -a '[lxc monitor] /var/lib/lxc c1' sleep 0.3"
python3 -c 'import ctypes; ctypes.CDLL(None).prctl(15,b"kworker-pool",0,0,0); import subprocess; subprocess.run(["true"])'
python3 -c 'import threading,ctypes,time
def w(): ctypes.CDLL(None).prctl(15,b"[pool-1]",0,0,0); time.sleep(.2)
t=threading.Thread(target=w); t.start(); t.join()'
