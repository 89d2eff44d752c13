//! `ktrace-tui watch --format json`, run as a user runs it.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;

use super::cost::{cpu_seconds, memory_mb};

/// A watch that is attached.
pub struct Tracer {
    child: Child,
    cpu: f64,
}

/// What it cost since it was ready, and what it said at its end.
pub struct Cost {
    /// Seconds of CPU.
    pub cpu: f64,
    /// Peak of its memory in MB, the start included.
    pub peak: f64,
}

impl Tracer {
    /// Starts it with `args` after `watch --format json`, its lines to `out`, and waits until it says `ready`.
    pub fn start(args: &[&str], out: impl Into<Stdio>) -> Tracer {
        let mut command = super::program();
        command.args(["watch", "--format", "json"]).args(args);
        command.stdin(Stdio::null()).stdout(out).stderr(Stdio::piped());
        let mut child = command.spawn().expect("ktrace-tui starts");
        let mut errors = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
        let mut said = Vec::new();
        let ready = errors.by_ref().inspect(|line| said.push(line.clone())).any(|line| line == "ready");
        assert!(ready, "watch did not become ready; it said: {said:?}");
        // Nobody may hold it up, whatever else it has to say.
        std::thread::spawn(move || errors.for_each(drop));
        let cpu = cpu_seconds(child.id());
        Tracer { child, cpu }
    }

    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Gives it time to tell what happened so far, ends it as a user does, and gives what it cost.
    pub fn finish(mut self) -> Cost {
        sleep(Duration::from_millis(300));
        let pid = self.child.id();
        let cost = Cost { cpu: cpu_seconds(pid) - self.cpu, peak: memory_mb(pid, "VmHWM") };
        // SAFETY: the child was not waited for, so that the pid is still its own.
        unsafe { libc::kill(pid as libc::pid_t, libc::SIGINT) };
        let status = self.child.wait().expect("it can be waited for");
        assert!(status.success(), "watch ends well when interrupted: {status}");
        cost
    }
}

impl Drop for Tracer {
    fn drop(&mut self) {
        // Does nothing where it was waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The lines that a watch wrote to `file`.
pub fn lines(file: &std::path::Path) -> impl Iterator<Item = Value> {
    let file = BufReader::new(File::open(file).expect("what watch wrote can be read"));
    file.lines().map(|line| serde_json::from_str(&line.expect("UTF-8")).expect("a line is an object"))
}
