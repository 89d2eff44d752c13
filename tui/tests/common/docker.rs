//! A throw-away Docker Engine: own data, own socket, no network, gone when dropped.
#![allow(dead_code, unreachable_pub, reason = "each test crate includes this file and uses its part")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

const START: Duration = Duration::from_secs(60);
const STOP: Duration = Duration::from_secs(30);

/// The image that `Dockerd::start` brings along: busybox, with a link for each applet.
pub const BUSYBOX: &str = "ktrace-busybox";

/// The first process of a throw-away node: makes it a place of its own, and becomes what stands for its services.
const NODE: &str = "ip link set lo up
mount -t tmpfs none /run
hostname ktrace-node
echo ktrace-node >/run/hostname
mount --bind /run/hostname /etc/hostname
printf 'root:x:0:0::/root:/bin/sh\\nnodeuser:x:4242:4242::/:/bin/sh\\n' >/run/passwd
mount --bind /run/passwd /etc/passwd
dockerd \"$@\" &
wait";

/// The runtime of an engine on a node that gives CAP_BPF for CAP_LEASE, and CAP_PERFMON for CAP_WAKE_ALARM: Engine 20.10
/// has no names for them.
pub const NAMED: &str = "named";
const RUNC: &str = r#"#!/bin/sh
before=
for word; do
    [ "$before" != --bundle ] || sed -i 's/CAP_LEASE/CAP_BPF/g; s/CAP_WAKE_ALARM/CAP_PERFMON/g' "$word/config.json"
    before=$word
done
exec runc "$@"
"#;

/// Engines side by side would fight over cgroups and memory: the tests of a crate take turns.
static TURN: Mutex<()> = Mutex::new(());

/// A Docker Engine that belongs to one test.
pub struct Dockerd {
    _turn: MutexGuard<'static, ()>,
    dir: TempDir,
    child: Option<Child>,
    /// The socket of an engine that is somebody else's: what ran on it is removed, it is not stopped.
    lent: Option<PathBuf>,
    /// It runs on a throw-away node of its own.
    node: bool,
    ran: Mutex<Vec<String>>,
}

impl Dockerd {
    /// Starts one, waits until it answers and imports [`BUSYBOX`]. Panics with the log where that fails.
    pub fn start() -> Dockerd {
        Dockerd::start_on(false)
    }

    /// Starts one on a throw-away node: processes, mounts, network and names of its own, a user `nodeuser` (4242), the name
    /// `ktrace-node`, and a socket at /run/docker.sock, too. Everything there ends with it.
    pub fn on_a_node() -> Dockerd {
        Dockerd::start_on(true)
    }

    fn start_on(node: bool) -> Dockerd {
        // A test that failed has given its engine back all the same.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = tempfile::Builder::new().prefix("ktrace-dockerd-").tempdir().unwrap();
        let mut dockerd = Dockerd { _turn: turn, dir, child: None, lent: None, node, ran: Mutex::default() };
        dockerd.up();
        dockerd.import_busybox(BUSYBOX);
        dockerd
    }

    /// The engine that `KTRACE_TEST_DOCKER=unix://SOCKET` names, as in CI, else one of its own: for tests that do not
    /// stop it.
    pub fn shared() -> Dockerd {
        let Some(named) = std::env::var("KTRACE_TEST_DOCKER").ok() else { return Dockerd::start() };
        let socket = named.strip_prefix("unix://").expect("KTRACE_TEST_DOCKER is unix://SOCKET");
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = tempfile::Builder::new().prefix("ktrace-docker-").tempdir().unwrap();
        let dockerd =
            Dockerd { _turn: turn, dir, child: None, lent: Some(socket.into()), node: false, ran: Mutex::default() };
        dockerd.import_busybox(BUSYBOX);
        dockerd
    }

    /// A directory for what the test writes.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Its socket.
    pub fn socket(&self) -> PathBuf {
        self.lent.clone().unwrap_or_else(|| self.dir.path().join("docker.sock"))
    }

    /// Starts it, again if it was stopped; the containers of before are still known to it, stopped.
    pub fn up(&mut self) {
        assert!(self.child.is_none(), "dockerd runs already");
        let at = |name: &str| self.dir.path().join(name);
        let log = File::options().create(true).append(true).open(at("log")).unwrap();
        let child = self
            .engine()
            .arg("--data-root")
            .arg(at("data"))
            .arg("--exec-root")
            .arg(at("exec"))
            .arg("--pidfile")
            .arg(at("pid"))
            .arg("--host")
            .arg(format!("unix://{}", self.socket().display()))
            .args(["--bridge=none", "--iptables=false", "--ip-forward=false", "--shutdown-timeout=1"])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("dockerd starts: it is installed (docker.io) and this is root");
        self.child = Some(child);
        let began = Instant::now();
        while !self.answers() {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().unwrap());
            if ended.is_some() || began.elapsed() > START {
                panic!("dockerd does not come up ({ended:?}); its log:\n{}", self.log());
            }
            sleep(Duration::from_millis(50));
        }
    }

    /// dockerd, where it is to run.
    fn engine(&self) -> Command {
        if !self.node {
            return Command::new("dockerd");
        }
        let mut node = Command::new("unshare");
        node.args(["--pid", "--mount", "--uts", "--ipc", "--net", "--fork", "--kill-child", "--mount-proc"]);
        node.args(["--propagation", "private", "sh", "-euc", NODE, "node", "--host", "unix:///run/docker.sock"]);
        let runtime = self.dir.path().join("runc");
        fs::write(&runtime, RUNC).unwrap();
        fs::set_permissions(&runtime, fs::Permissions::from_mode(0o755)).unwrap();
        node.arg("--add-runtime").arg(format!("{NAMED}={}", runtime.display()));
        node
    }

    /// Runs a command on the throw-away node, beside its engine.
    pub fn on_node(&self, command: &[&str]) -> Command {
        let outer = self.pid();
        let children = fs::read_to_string(format!("/proc/{outer}/task/{outer}/children")).unwrap();
        let first = children.split_whitespace().next().expect("the node has a first process");
        let mut entered = Command::new("nsenter");
        entered.args(["--target", first, "--mount", "--uts", "--ipc", "--net", "--pid"]).args(command);
        entered.stdin(Stdio::null());
        entered
    }

    fn answers(&self) -> bool {
        UnixStream::connect(self.socket()).is_ok()
            && self.command(&["version"]).output().is_ok_and(|output| output.status.success())
    }

    /// Stops it as a service manager does: SIGTERM, and its containers with it.
    pub fn down(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        // A container whose first process ignores SIGTERM would hold the daemon up.
        let running = self.command(&["ps", "-q"]).output();
        for id in running.iter().flat_map(|output| std::str::from_utf8(&output.stdout)).flat_map(str::split_whitespace)
        {
            let _ = self.command(&["kill", id]).output();
        }
        // With the first process of a node everything there ends.
        signal(if self.node { "KILL" } else { "TERM" }, child.id());
        let began = Instant::now();
        while child.try_wait().unwrap().is_none() {
            if began.elapsed() > STOP {
                signal("KILL", child.id());
                let _ = child.wait();
                break;
            }
            sleep(Duration::from_millis(20));
        }
        self.end_containerd();
    }

    /// Stops its clock: it keeps its sockets and answers nothing.
    pub fn freeze(&self) {
        signal("STOP", self.pid());
    }

    /// Undoes [`Dockerd::freeze`].
    pub fn thaw(&self) {
        signal("CONT", self.pid());
    }

    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.child.as_ref().expect("dockerd runs").id()
    }

    /// What `docker ARGS` prints, trimmed; panics where it fails.
    pub fn docker(&self, args: &[&str]) -> String {
        let output = self.command(args).output().expect("the docker client is installed");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "docker {args:?}: {said}");
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    /// Starts `sh -c SCRIPT` in a container without network and gives its full id.
    pub fn run(&self, name: &str, script: &str) -> String {
        let id = self.docker(&["run", "-d", "--name", name, "--network", "none", BUSYBOX, "sh", "-c", script]);
        self.ran.lock().unwrap().push(id.clone());
        id
    }

    /// `docker ARGS` against this engine, nothing of the caller's environment meant for another one.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new("docker");
        command.env_remove("DOCKER_CONTEXT").env_remove("DOCKER_TLS_VERIFY").env("DOCKER_CONFIG", self.dir.path());
        command.arg("--host").arg(format!("unix://{}", self.socket().display())).args(args).stdin(Stdio::null());
        command
    }

    /// Makes an image of the static busybox of this machine.
    pub fn import_busybox(&self, tag: &str) {
        let root = self.dir.path().join("busybox");
        let bin = root.join("bin");
        fs::create_dir_all(&bin).unwrap();
        let busybox = ["/bin/busybox", "/usr/bin/busybox"].into_iter().find(|path| Path::new(path).exists());
        let busybox = busybox.expect("busybox is installed (busybox-static)");
        fs::copy(busybox, bin.join("busybox")).unwrap();
        let applets = Command::new(busybox).arg("--list").output().unwrap();
        for applet in String::from_utf8(applets.stdout).unwrap().lines().filter(|applet| *applet != "busybox") {
            std::os::unix::fs::symlink("busybox", bin.join(applet)).unwrap();
        }
        fs::create_dir_all(root.join("tmp")).unwrap();
        let archive = self.dir.path().join("busybox.tar");
        let tar = Command::new("tar").arg("-cf").arg(&archive).arg("-C").arg(&root).arg(".").status().unwrap();
        assert!(tar.success(), "tar makes the image");
        self.docker(&["import", archive.to_str().unwrap(), tag]);
    }

    /// The end of its log.
    pub fn log(&self) -> String {
        let log = fs::read_to_string(self.dir.path().join("log")).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }

    /// dockerd ends the containerd that it started; not so when it was killed.
    fn end_containerd(&self) {
        let Ok(pid) = fs::read_to_string(self.dir.path().join("exec/containerd/containerd.pid")) else { return };
        let Ok(pid) = pid.trim().parse() else { return };
        let ours = fs::read(format!("/proc/{pid}/cmdline")).is_ok_and(|line| {
            let own = self.dir.path().as_os_str().as_encoded_bytes();
            line.windows(own.len()).any(|part| part == own)
        });
        if ours {
            signal("KILL", pid);
        }
    }
}

impl Drop for Dockerd {
    fn drop(&mut self) {
        if self.lent.is_some() {
            let ran = std::mem::take(&mut *self.ran.lock().unwrap_or_else(PoisonError::into_inner));
            for id in ran {
                let _ = self.command(&["rm", "-f", &id]).output();
            }
            return;
        }
        if let Some(child) = &self.child {
            signal("CONT", child.id());
        }
        self.down();
    }
}

fn signal(name: &str, pid: u32) {
    let _ = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).stderr(Stdio::null()).status();
}
