//! In a container as `kubectl debug node/NAME` makes it, and with the narrow rights of the agent: on a throw-away node, whose
//! first process, users and engine are the test's own.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::process::Command;
use std::time::{Duration, Instant};

use common::docker::{BUSYBOX, Dockerd, NAMED};
use common::terminal::Terminal;
use common::watch::Watch;
use serde_json::Value;

const NEEDS: &str = "dockerd, unshare and tmux";

/// What `privileged: true` gives, as far as this needs it; ALL is more than a machine may have to give.
const SYSADMIN: [&str; 8] =
    ["SYS_ADMIN", "SYS_PTRACE", "BPF", "PERFMON", "NET_ADMIN", "DAC_READ_SEARCH", "SYS_CHROOT", "SYSLOG"];

/// The rights of docs/PRIVILEGES.md.
const NARROW: [&str; 5] = ["BPF", "PERFMON", "NET_ADMIN", "SYS_PTRACE", "DAC_READ_SEARCH"];

const PROGRAM: &str = env!("CARGO_BIN_EXE_ktrace-tui");

/// The options of a container that has the program, with these capabilities and no other, and `more`.
fn container(capabilities: &[&str], more: &[&str]) -> Vec<String> {
    let own = |text: &&str| (*text).to_owned();
    let mut options: Vec<String> =
        ["--network", "none", "--cgroupns", "private", "--cap-drop", "ALL"].iter().map(own).collect();
    options.extend(["--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"].iter().map(own));
    options.extend(["--runtime", NAMED].iter().map(own));
    for name in capabilities {
        let name = match *name {
            "BPF" => "LEASE",
            "PERFMON" => "WAKE_ALARM",
            name => name,
        };
        options.extend(["--cap-add".to_owned(), name.to_owned()]);
    }
    options.extend(["-v".to_owned(), format!("{PROGRAM}:/bin/ktrace-tui:ro")]);
    // The program of a test is not static.
    for library in ["/lib/x86_64-linux-gnu", "/lib64"] {
        options.extend(["-v".to_owned(), format!("{library}:{library}:ro")]);
    }
    options.extend(more.iter().map(own));
    options
}

/// `docker run OPTIONS busybox COMMAND`, to be started.
fn run(node: &Dockerd, options: &[String], command: &[&str]) -> Command {
    let words: Vec<&str> = ["run", "--rm"]
        .into_iter()
        .chain(options.iter().map(String::as_str))
        .chain([BUSYBOX])
        .chain(command.iter().copied())
        .collect();
    node.command(&words)
}

/// What `doctor` says in such a container, by topic.
struct Doctor(Vec<Value>);

impl Doctor {
    fn asked(node: &Dockerd, options: &[String]) -> Doctor {
        let output = run(node, options, &["ktrace-tui", "doctor", "--format", "json"]).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "doctor: {said}");
        let lines = String::from_utf8(output.stdout).unwrap();
        Doctor(lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
    }

    fn line(&self, topic: &str) -> (&str, &str) {
        let found = self.0.iter().find(|line| line["topic"] == topic);
        let found = found.unwrap_or_else(|| panic!("no {topic} in {:#?}", self.0));
        (found["health"].as_str().unwrap(), found["text"].as_str().unwrap())
    }

    fn says(&self, topic: &str, health: &str, part: &str) {
        let (found, text) = self.line(topic);
        assert!(found == health && text.contains(part), "{topic}: {found}: {text}, and not {health}: {part}");
    }

    /// The probes that are not attached.
    fn refused(&self) -> Vec<&str> {
        let lost = self.0.iter().filter(|line| line["health"] != "ok");
        let topics = lost.map(|line| line["topic"].as_str().unwrap());
        topics.filter(|topic| topic.starts_with("probe")).collect()
    }
}

#[test]
fn a_debug_container_finds_what_is_the_nodes_by_itself() {
    if !common::privileged(NEEDS) {
        return;
    }
    let node = Dockerd::on_a_node();
    let debug = container(&SYSADMIN, &["--pid=host", "-v", "/:/host:ro"]);
    let doctor = Doctor::asked(&node, &debug);
    doctor.says("node", "ok", "the node's root is at /host");
    doctor.says("docker", "ok", "Docker");
    doctor.says("docker", "ok", "/host/run/docker.sock");
    doctor.says("cgroup namespace", "ok", "/docker/");
    doctor.says("cgroups", "ok", "/host/sys/fs/cgroup");
    doctor.says("rights", "ok", "every capability");
    assert_eq!(doctor.refused(), Vec::<&str>::new(), "UDP is seen from the root of the hierarchy");
    watched(&node, &debug);
}

#[test]
fn the_narrow_rights_are_enough_and_each_is_missed() {
    if !common::privileged(NEEDS) {
        return;
    }
    let node = Dockerd::on_a_node();
    // As the agent's DaemonSet: parts of the node below /host, and nothing that can be written to.
    let mounts = ["--pid=host", "--read-only", "--security-opt", "no-new-privileges"];
    let parts = ["-v", "/run:/host/run:ro", "-v", "/etc/passwd:/host/etc/passwd:ro"];
    let more = [mounts.as_slice(), &parts].concat();
    let agent = container(&NARROW, &more);
    let doctor = Doctor::asked(&node, &agent);
    doctor.says("node", "ok", "the node's root is at /host");
    doctor.says("docker", "ok", "/host/run/docker.sock");
    doctor.says("cgroup namespace", "ok", "/docker/");
    doctor.says("rights", "ok", "every capability");
    assert_eq!(doctor.refused(), Vec::<&str>::new());
    watched(&node, &agent);
    // Of a process of another user that is there already.
    let mut user = node.on_node(&["setpriv", "--reuid", "4242", "--clear-groups", "sleep", "3456"]).spawn().unwrap();
    for taken in NARROW {
        let left: Vec<&str> = NARROW.into_iter().filter(|name| *name != taken).collect();
        let doctor = Doctor::asked(&node, &container(&left, &more));
        let (health, text) = doctor.line("rights");
        assert!(health != "ok" && text.contains(&format!("CAP_{taken}")), "{taken}: {health}: {text}");
        match taken {
            "BPF" | "PERFMON" => assert!(doctor.refused().contains(&"probes"), "{taken}: {:?}", doctor.refused()),
            // The root of the v2 hierarchy is reached through the node's first process here.
            "NET_ADMIN" | "SYS_PTRACE" => {
                let (udp, names): (Vec<_>, Vec<_>) =
                    doctor.refused().into_iter().partition(|probe| probe.starts_with("probe udp"));
                assert_eq!((udp.len(), names), (4, vec!["probe answer"]), "{taken}");
            }
            _ => assert_eq!(doctor.refused(), Vec::<&str>::new(), "{taken}"),
        }
        let (program, open) = looked_at(&node, &container(&left, &more));
        assert_eq!(program, taken != "SYS_PTRACE", "the program of another user's process, without {taken}");
        let both = taken != "SYS_PTRACE" && taken != "DAC_READ_SEARCH";
        assert_eq!(open, both, "what another user's process has open, without {taken}");
    }
    user.kill().unwrap();
    user.wait().unwrap();
}

/// Whether the program and the open files of the sleeper 3456 can be seen in /proc from such a container.
fn looked_at(node: &Dockerd, options: &[String]) -> (bool, bool) {
    let script = "for at in /proc/[0-9]*; do
        [ \"$(tr '\\0' ' ' <$at/cmdline 2>/dev/null)\" = 'sleep 3456 ' ] || continue
        readlink $at/exe >/dev/null && echo program
        readlink $at/fd/0 >/dev/null && ls $at/fd >/dev/null 2>&1 && echo open
    done";
    let output = run(node, options, &["sh", "-c", script]).output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    (said.contains("program"), said.contains("open"))
}

#[test]
fn what_was_forgotten_is_named() {
    if !common::privileged(NEEDS) {
        return;
    }
    let node = Dockerd::on_a_node();
    let doctor = Doctor::asked(&node, &container(&SYSADMIN, &["-v", "/:/host:ro"]));
    doctor.says("node", "degraded", "--profile=sysadmin");
    doctor.says("node", "degraded", "hostPID: true");
    let alone = container(&SYSADMIN, &["-v", "/:/host:ro"]);
    let told = Watch::spawn(run(&node, &alone, &["ktrace-tui", "watch", "--format", "json"])).finish();
    let said = told.0.iter().find(|line| line["type"] == "status" && line["topic"] == "node").expect("a status");
    assert!(said["text"].as_str().unwrap().contains("--profile=sysadmin"), "{said}");
    doctor.says("docker", "ok", "/host/run/docker.sock");
    // Nothing mounted: what is the node's is reached through its first process.
    let doctor = Doctor::asked(&node, &container(&NARROW, &["--pid=host"]));
    doctor.says("node", "ok", "/proc/1/root");
    doctor.says("docker", "ok", "/proc/1/root/run/docker.sock");
    // Nor that.
    let doctor = Doctor::asked(&node, &container(&["BPF", "PERFMON", "NET_ADMIN"], &["--pid=host"]));
    doctor.says("node", "degraded", "mount the node's / at /host");
    doctor.says("cgroup namespace", "degraded", "CAP_SYS_PTRACE");
    // A profile that knows nothing of BPF.
    let mut options = container(&NARROW, &["--pid=host"]);
    options.retain(|option| option != "seccomp=unconfined");
    let at = options.iter().position(|option| option == "--security-opt").unwrap();
    options.remove(at);
    let doctor = Doctor::asked(&node, &options);
    doctor.says("probes", "missing", "seccomp profile that allows bpf(2)");
}

/// A watch in such a container tells of the node's processes and of other containers, by name.
fn watched(node: &Dockerd, options: &[String]) {
    let app = node.run("app", "cp /bin/busybox /tmp/true; while :; do busybox true; /tmp/true; sleep 0.1; done");
    let mut command = run(node, options, &["ktrace-tui", "watch", "--format", "json"]);
    command.env("NO_COLOR", "1");
    let watch = Watch::spawn(command);
    std::thread::sleep(Duration::from_secs(1));
    assert!(
        node.on_node(&["setpriv", "--reuid", "4242", "--clear-groups", "true", "on-the-node"])
            .status()
            .unwrap()
            .success()
    );
    let told = watch.finish();
    node.docker(&["rm", "-f", "app"]);
    let host = told.kind("exec").find(|event| event["process"]["argv"][1] == "on-the-node").expect("the node's exec");
    assert_eq!(host["process"]["container"], Value::Null, "{host:#}");
    let inside = told.kind("exec").rfind(|event| event["process"]["container"]["id"] == app.as_str());
    let inside = inside.expect("what the container runs");
    assert_eq!(inside["process"]["container"]["name"], "app", "{inside:#}");
    let drift = told.0.iter().find(|line| line["type"] == "finding" && line["class"] == "drift_exec");
    assert_eq!(drift.expect("what is not of the image")["process"]["container"]["name"], "app");
}

#[test]
fn the_screen_of_a_debug_container_shows_who_was_there_before_in_their_places() {
    if !common::privileged(NEEDS) {
        return;
    }
    let node = Dockerd::on_a_node();
    node.run("app", "exec sleep 4321");
    let debug = container(&SYSADMIN, &["--pid=host", "-v", "/:/host:ro", "-d", "--name", "debugger"]);
    let started = run(&node, &debug, &["sleep", "8765"]).output().unwrap();
    assert!(started.status.success(), "{}", String::from_utf8_lossy(&started.stderr));
    let mut user = node.on_node(&["setpriv", "--reuid", "4242", "--clear-groups", "sleep", "2345"]).spawn().unwrap();
    let socket = node.socket();
    let command = format!("docker --host unix://{} exec -it debugger ktrace-tui", socket.display());
    let terminal = Terminal::start(&command, (160, 45));
    terminal.shows("sleep 4321");
    terminal.shows("sleep 8765");
    terminal.shows("nodeuser");
    let screen = terminal.screen();
    let line = |part: &str| {
        let at = screen.lines().position(|line| line.contains(part));
        at.unwrap_or_else(|| panic!("no `{part}` on:\n{screen}"))
    };
    // Its own container is told whole, although /proc has no path for it from within.
    assert_eq!(line("sleep 4321"), line("╭▾ app") + 1, "\n{screen}");
    assert_eq!(line("sleep 8765"), line("╭▾ debugger") + 1, "\n{screen}");
    assert!(line("nodeuser") > line("host  ktrace-node"), "\n{screen}");
    terminal.keys("q");
    terminal.ends();
    user.kill().unwrap();
    user.wait().unwrap();
    let began = Instant::now();
    while !node.command(&["rm", "-f", "debugger"]).status().unwrap().success() {
        assert!(began.elapsed() < Duration::from_secs(10));
    }
}
