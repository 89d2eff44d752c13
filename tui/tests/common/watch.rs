//! `ktrace-tui watch --format json`, run for real, and what it told.
#![allow(dead_code, unreachable_pub, reason = "each test crate includes this file and uses its part")]
#![allow(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use serde_json::Value;

const READY: Duration = Duration::from_secs(30);

/// A running watch.
pub struct Watch {
    child: Child,
    lines: Option<JoinHandle<Vec<Value>>>,
    stderr: Receiver<String>,
    told: Receiver<Value>,
}

impl Watch {
    /// Starts it with `args` after `watch --format json --no-runtimes`, and waits until it says `ready`.
    pub fn start(args: &[&str]) -> Watch {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
        command.args(["watch", "--format", "json", "--no-runtimes"]).args(args);
        Watch::spawn(command)
    }

    /// Starts `command`, which must end up as a watch in JSON, and waits until it says `ready`.
    pub fn spawn(mut command: Command) -> Watch {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (tell_of, told) = channel();
        let lines = std::thread::spawn(move || {
            let read =
                |line: std::io::Result<String>| serde_json::from_str(&line.unwrap()).expect("a line is an object");
            let tell = |line: &Value| {
                if line["type"] == "status" || matches!(line["kind"].as_str(), Some("content" | "exec")) {
                    // Most tests do not listen.
                    let _ = tell_of.send(line.clone());
                }
            };
            stdout.lines().map(read).inspect(tell).collect()
        });
        let (said, stderr) = channel();
        let errors = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || errors.lines().map_while(Result::ok).all(|line| said.send(line).is_ok()));
        let mut watch = Watch { child, lines: Some(lines), stderr, told };
        watch.await_ready();
        watch
    }

    fn await_ready(&mut self) {
        let began = Instant::now();
        let mut heard = Vec::new();
        while began.elapsed() < READY {
            match self.stderr.recv_timeout(Duration::from_millis(100)) {
                Ok(line) if line == "ready" => return,
                Ok(line) => heard.push(line),
                Err(_) if self.child.try_wait().unwrap().is_some() => break,
                Err(_) => {}
            }
        }
        panic!("watch did not become ready; it said: {heard:?}");
    }

    /// Waits until it tells a status of a topic that fulfils this.
    pub fn await_status(&mut self, topic: &str, fulfils: impl Fn(&Value) -> bool) {
        self.await_told(|line| line["topic"] == topic && fulfils(line));
    }

    /// Waits until it tells a status, an exec, or what is in a program, that fulfils this.
    pub fn await_told(&mut self, fulfils: impl Fn(&Value) -> bool) {
        let (began, mut heard) = (Instant::now(), Vec::new());
        while began.elapsed() < READY {
            if let Ok(line) = self.told.recv_timeout(Duration::from_millis(100)) {
                if fulfils(&line) {
                    return;
                }
                heard.push(line);
            }
        }
        panic!("no such line: {heard:?}");
    }

    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Gives it time to tell what happened so far, ends it as a user does, and gives what it told.
    pub fn finish(mut self) -> Told {
        std::thread::sleep(Duration::from_millis(300));
        signal(self.child.id(), "INT");
        let status = self.child.wait().unwrap();
        assert!(status.success(), "watch ends well when interrupted: {status}");
        Told(self.lines.take().unwrap().join().unwrap())
    }

    /// How it ended, where it did.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Sends a signal to it.
    pub fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        if self.lines.is_some() {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill").arg(format!("-{name}")).arg(pid.to_string()).status().unwrap();
    assert!(sent.success(), "kill -{name} {pid}");
}

/// What a watch told, line by line.
pub struct Told(pub Vec<Value>);

impl Told {
    /// The events of one kind.
    pub fn kind(&self, kind: &str) -> impl DoubleEndedIterator<Item = &Value> {
        self.0.iter().filter(move |line| line["type"] == "event" && line["kind"] == kind)
    }

    /// The events of one kind of one process.
    pub fn of(&self, kind: &str, pid: u32) -> Vec<&Value> {
        self.kind(kind).filter(|event| event["process"]["pid"] == pid).collect()
    }

    /// The one event of a kind of a process; panics where there is none or more than one.
    pub fn one(&self, kind: &str, pid: u32) -> &Value {
        let found = self.of(kind, pid);
        assert_eq!(found.len(), 1, "{kind} of {pid}: {found:#?}");
        found[0]
    }

    /// Records that were lost.
    pub fn lost(&self) -> u64 {
        self.0.iter().filter(|line| line["type"] == "loss").map(|line| line["count"].as_u64().unwrap()).sum()
    }
}

impl Watch {
    /// Waits until it ends by itself, and gives what it told.
    pub fn outlast(mut self) -> Told {
        let status = self.child.wait().unwrap();
        assert!(status.success(), "watch ends well: {status}");
        Told(self.lines.take().unwrap().join().unwrap())
    }
}
