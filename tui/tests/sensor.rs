//! What is done to a running sensor, by processes that this test starts: it must be seen, and named.
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use common::docker::{BUSYBOX, Dockerd};
use common::privileged;
use serde_json::Value;
use tempfile::TempDir;

const NEEDS: &str = "a kernel with BTF and BPF ring buffers";

/// A watch that records, started by a shell in a session of its own: nothing that the test starts beside is its kin.
struct Sensor {
    shell: Child,
    pid: u32,
    folder: TempDir,
}

impl Sensor {
    fn start() -> Sensor {
        let folder = tempfile::tempdir().unwrap();
        let script = r#""$0" "$@" & echo "pid $!" >&2; wait $!"#;
        let mut shell = Command::new("setsid")
            .args(["sh", "-c", script, env!("CARGO_BIN_EXE_ktrace-tui")])
            .args(["watch", "--no-runtimes", "--only", "findings", "--record"])
            .arg(folder.path().join("record"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(shell.stderr.take().unwrap()).lines().map_while(Result::ok);
        let pid =
            lines.find_map(|line| line.strip_prefix("pid ")?.parse().ok()).expect("the shell says whom it started");
        assert!(lines.any(|line| line == "ready"), "it becomes ready");
        std::thread::spawn(move || lines.for_each(drop));
        Sensor { shell, pid, folder }
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join("record")
    }

    /// Ends it, which is the work of a stranger, too; gives what the recording has of it, and who ended it.
    fn finish(mut self) -> (Vec<Value>, u32) {
        std::thread::sleep(std::time::Duration::from_millis(300));
        let ended_by = run("kill", &["-TERM", &self.pid.to_string()]);
        self.shell.wait().unwrap();
        let found = ktrace(&["findings", "--format", "json"], &self.record());
        (found, ended_by)
    }
}

/// Runs a program, which must do well, and gives its pid.
fn run(program: &str, args: &[&str]) -> u32 {
    let mut child = Command::new(program).args(args).stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
    let pid = child.id();
    assert!(child.wait().unwrap().success(), "{program} {args:?}");
    pid
}

/// The lines that a command tells of a recording.
fn ktrace(args: &[&str], record: &std::path::Path) -> Vec<Value> {
    let (command, options) = args.split_first().unwrap();
    let mut ktrace = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    let out = ktrace.arg(command).arg(record).args(options).output().unwrap();
    assert!(out.status.success(), "{args:?}: {}", String::from_utf8_lossy(&out.stderr));
    String::from_utf8(out.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The finding of a rule about a process; panics where there is none or more than one.
fn one<'a>(told: &'a [Value], rule: &str, pid: u32) -> &'a Value {
    let found: Vec<_> = told.iter().filter(|line| line["rule"] == rule && line["process"]["pid"] == pid).collect();
    assert_eq!(found.len(), 1, "{rule} of {pid}: {told:#?}");
    found[0]
}

#[test]
fn who_stops_and_who_ends_it_stands_in_the_recording() {
    if !privileged(NEEDS) {
        return;
    }
    let sensor = Sensor::start();
    let pid = sensor.pid.to_string();
    let stopped_by = run("kill", &["-STOP", &pid]);
    std::thread::sleep(std::time::Duration::from_millis(200));
    let continued_by = run("kill", &["-CONT", &pid]);
    let (told, ended_by) = sensor.finish();
    let title = |pid| one(&told, "sensor_stopped", pid)["title"].as_str().unwrap().to_owned();
    assert!(title(stopped_by).ends_with("stops the sensor by SIGSTOP"), "{}", title(stopped_by));
    assert!(title(ended_by).ends_with("ends the sensor by SIGTERM"), "{}", title(ended_by));
    assert!(told.iter().all(|line| line["process"]["pid"] != continued_by), "{told:#?}");
}

/// Python that reaches into the process that its first argument names: `call` is done with libc as `l` and the pid as `p`.
fn reach(call: &str, pid: u32) -> u32 {
    let script = format!(
        "import ctypes, os, sys; l = ctypes.CDLL(None, use_errno=True); p = int(sys.argv[1]); sys.exit(0 if ({call}) >= 0 else 1)"
    );
    run("python3", &["-c", &script, &pid.to_string()])
}

#[test]
fn who_reaches_into_it_stands_in_the_recording() {
    if !privileged(NEEDS) {
        return;
    }
    let sensor = Sensor::start();
    let pid = sensor.pid;
    // PTRACE_SEIZE, and PTRACE_DETACH, which without a stop is refused, as the tracer's end does it.
    let traced_by = reach("l.ptrace(0x4206, p, 0, 0)", pid);
    let read =
        "(lambda b: l.process_vm_readv(p, ctypes.byref(b), 1, ctypes.byref(b), 1, 0))((ctypes.c_ulong * 2)(0, 0))";
    let read_by = reach(read, pid);
    let opened_by = reach("os.open(f'/proc/{p}/mem', os.O_RDONLY)", pid);
    let limited_by =
        reach("0 if __import__('resource').prlimit(p, 7, __import__('resource').prlimit(p, 7)) else -1", pid);
    let took_by = reach("l.syscall(438, os.pidfd_open(p), 2, 0)", pid);
    let (told, _) = sensor.finish();
    for (rule, by, does) in [
        ("sensor_reached", traced_by, "traces the sensor"),
        ("sensor_reached", read_by, "reads the memory of the sensor"),
        ("sensor_reached", opened_by, "reads the memory of the sensor"),
        ("sensor_reached", took_by, "takes a descriptor from the sensor"),
        ("sensor_stopped", limited_by, "limits what the sensor may use"),
    ] {
        let found = one(&told, rule, by);
        assert!(found["title"].as_str().unwrap().ends_with(does), "{does}: {found:#}");
    }
}

#[test]
fn who_changes_its_recording_stands_in_it() {
    if !privileged(NEEDS) {
        return;
    }
    let sensor = Sensor::start();
    let at = sensor.record().display().to_string();
    let opened_by = run("sh", &["-c", &format!(": >>{at}")]);
    let moved_by = run("mv", &[&at, &format!("{at}.gone")]);
    let moved_back_by = run("mv", &[&format!("{at}.gone"), &at]);
    let read_by = run("cat", &[&at]);
    let beside = run("sh", &["-c", &format!(": >{at}.other; rm {at}.other")]);
    let (told, _) = sensor.finish();
    for by in [opened_by, moved_by, moved_back_by] {
        let found = one(&told, "sensor_file_changed", by);
        assert!(found["title"].as_str().unwrap().ends_with("changes what the sensor recorded"), "{found:#}");
    }
    let named: Vec<_> =
        told.iter().filter(|it| [read_by, beside].iter().any(|by| it["process"]["pid"] == *by)).collect();
    assert!(named.is_empty(), "{named:#?}");
}

#[test]
fn a_container_that_stops_it_gets_somebody_out_of_bed() {
    if !privileged("docker") {
        return;
    }
    let engine = Dockerd::shared();
    let sensor = Sensor::start();
    let script = format!("kill -STOP {0}; sleep 0.3; kill -CONT {0}; sleep 0.3", sensor.pid);
    engine.docker(&["run", "--rm", "--network", "none", "--pid", "host", BUSYBOX, "sh", "-c", &script]);
    let (told, _) = sensor.finish();
    let found: Vec<_> =
        told.iter().filter(|it| it["rule"] == "sensor_stopped" && it["severity"] == "critical").collect();
    assert_eq!(found.len(), 1, "{told:#?}");
    assert!(found[0]["title"].as_str().unwrap().ends_with("stops the sensor by SIGSTOP"), "{:#}", found[0]);
    assert!(found[0]["process"]["container"]["id"].is_string(), "{:#}", found[0]);
}

#[test]
fn whoever_started_it_may_end_it_and_it_says_who_that_was() {
    if !privileged(NEEDS) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let record = folder.path().join("record");
    let script = r#""$0" "$@" & read -r word; kill -TERM $!; wait $!"#;
    let mut shell = Command::new("bash")
        .args([
            "-c",
            script,
            env!("CARGO_BIN_EXE_ktrace-tui"),
            "watch",
            "--no-runtimes",
            "--only",
            "findings",
            "--record",
        ])
        .arg(&record)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(shell.stderr.take().unwrap()).lines().map_while(Result::ok);
    assert!(lines.any(|line| line == "ready"), "it becomes ready");
    shell.stdin.take().unwrap().write_all(b"\n").unwrap();
    let said: Vec<String> = lines.collect();
    assert!(shell.wait().unwrap().success(), "it ends well");
    let by = format!("stop: ok: told to stop by SIGTERM of {} ({})", "/usr/bin/bash", shell.id());
    assert!(said.iter().any(|line| line.starts_with(&by)), "{by}: {said:?}");
    let told = ktrace(&["findings", "--format", "json"], &record);
    assert!(told.iter().all(|line| line["rule"] != "sensor_stopped"), "{told:#?}");
    let sent = ktrace(&["events", "--format", "json", "--filter", "kind = signal"], &record);
    assert!(sent.iter().any(|it| it["process"]["pid"] == shell.id() && it["act"]["signal"] == 15), "{sent:#?}");
    let marked = |it: &&Value| it["type"] == "event" && it["act"]["observer"] == "process";
    assert_eq!(sent.iter().filter(marked).count(), 1, "{sent:#?}");
    assert!(sent.iter().any(|it| it["type"] == "status" && it["topic"] == "stop"), "{sent:#?}");
}
