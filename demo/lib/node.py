"""Inside a throw-away node, as its first process: starts the watch, runs the cases one after the other."""
import ctypes
import datetime
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading
import time

LIB = pathlib.Path(__file__).resolve().parent
# Where the cases and the program are within the node.
DEMO, PROGRAM = "/run/demo", "/run/ktrace-tui"
RECORD = "/run/node.ktrace"
# How long after a case its findings may still come in, and how long a case may take, in seconds.
SETTLE, LONGEST = 0.6, 40


def nanos(text):
    """Nanoseconds since the epoch of an RFC 3339 time in UTC."""
    whole, fraction = text.rstrip("Z").split(".")
    moment = datetime.datetime.fromisoformat(whole + "+00:00")
    return int(moment.timestamp()) * 10**9 + int(fraction.ljust(9, "0"))


class Watch:
    """ktrace-tui watch, and what it found."""

    def __init__(self, program, docker, record):
        command = [program, "watch", "--format", "json", "--only", "findings", "--docker-socket", docker]
        command += ["--record", RECORD] if record else []
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        said = []
        for line in self.process.stderr:
            said.append(line)
            if line.strip() == "ready":
                break
        else:
            sys.exit("node: watch did not become ready; it said: " + "".join(said))
        self.lines = []
        threading.Thread(target=self.read, daemon=True).start()
        threading.Thread(target=self.process.stderr.read, daemon=True).start()

    def read(self):
        for line in self.process.stdout:
            told = json.loads(line)
            if told["type"] == "finding":
                told["delay"] = (time.time_ns() - nanos(told["time"])) / 1e6
            self.lines.append(told)

    def end(self):
        """Ends it, so that what it wrote is whole."""
        self.process.send_signal(signal.SIGINT)
        if self.process.wait(30) != 0:
            sys.exit("node: watch failed at its end")

    def state(self):
        """How large it is by now, and what it lost so far."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        size = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS:"))
        lost = sum(it["count"] for it in self.lines if it["type"] == "loss")
        return {"at": time.time(), "rss_mb": int(size) / 1024, "lost": lost}

    def since(self, at):
        return [it for it in self.lines[at:] if it["type"] == "finding"]


def prepare(program):
    """Makes the node a place of its own: loopback, its own /tmp and /run, a name."""
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    # The cases and the program may lie in what is about to be covered: they are taken along.
    cases = os.open(LIB.parent, os.O_PATH)
    subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
    os.makedirs(DEMO)
    subprocess.run(["mount", "--bind", f"/proc/self/fd/{cases}", DEMO], check=True, pass_fds=[cases])
    shutil.copy(program, PROGRAM)
    for place in ("/tmp", "/mnt", "/dev/shm"):
        subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True)
    subprocess.run(["hostname", "demo-node"], check=True)
    # What cases write to the node's own files must not reach this machine's.
    for place in ("/etc", "/root", "/var", "/usr/local", "/home", "/srv"):
        upper, work = f"/run/over{place}/upper", f"/run/over{place}/work"
        os.makedirs(upper)
        os.makedirs(work)
        layers = f"lowerdir={place},upperdir={upper},workdir={work}"
        subprocess.run(["mount", "-t", "overlay", "none", "-o", layers, place], check=True)
    # Whatever gets below these finds nothing that it can change.
    subprocess.run(["mount", "-o", "remount,bind,ro", "/"], check=True)
    os.environ["PATH"] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    os.environ["HOME"] = "/root"


def run(case, watch, env):
    """Runs a case; gives its result."""
    result = dict(case, failure="", output="", findings=[], began=time.time_ns())
    missing = [need for need in case["needs"] if not shutil.which(need)]
    if missing:
        result["failure"] = f"needs {', '.join(missing)}: install what demo/packages lists"
        return result
    at = len(watch.lines)
    place = pathlib.Path("/tmp/case")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir()
    command = ["bash", "-eu", "-c", f". {DEMO}/lib/case.sh; . {DEMO}/{case['name']}.sh"]
    done = subprocess.Popen(
        command, cwd=place, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = done.communicate(timeout=LONGEST)
        if done.returncode != 0:
            result["failure"] = f"ended with {done.returncode}"
    except subprocess.TimeoutExpired:
        os.killpg(done.pid, signal.SIGKILL)
        output, _ = done.communicate()
        result["failure"] = f"took longer than {LONGEST} s"
    result["output"] = output.decode(errors="replace")
    time.sleep(SETTLE)
    keys = ("rule", "class", "severity", "title", "time", "delay", "failed", "incident")
    result["ended"] = time.time_ns()
    result["findings"] = [{key: it[key] for key in keys} for it in watch.since(at)]
    reap(done.pid)
    return result


def reap(session):
    """Ends what a case left behind: everything in this node that belongs to its session."""
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                fields = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                if int(fields[3]) == session:
                    os.kill(int(entry.name), signal.SIGKILL)
            except (OSError, IndexError):
                pass
    # The first process of a node is the parent of every orphan.
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def main():
    plan = json.loads(pathlib.Path(sys.argv[1]).read_text())
    prepare(plan["program"])
    env = dict(os.environ, LIB=f"{DEMO}/lib", DOCKER_HOST="unix:///run/docker.sock")
    dockerd = None
    if any(case["where"] == "container" for case in plan["cases"]):
        dockerd = subprocess.Popen(["bash", "-u", f"{DEMO}/lib/docker.sh"], env=env)
        if dockerd.wait() != 0:
            sys.exit("node: the Docker Engine of the node did not start")
    watch = Watch(PROGRAM, "/run/docker.sock", "record" in plan)
    results, states = [], [watch.state()]
    for _ in range(plan["rounds"]):
        for case in plan["cases"]:
            results.append(run(case, watch, env))
        states.append(watch.state())
    if "record" in plan:
        watch.end()
        with open(RECORD, "rb") as source, os.fdopen(plan["record"], "wb") as target:
            shutil.copyfileobj(source, target)
    # Opened by whoever started the node: nothing can be opened for writing here.
    with os.fdopen(plan["out"], "w") as file:
        json.dump({"results": results, "states": states}, file)


if __name__ == "__main__":
    # Ends with whoever started it.
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
    main()
