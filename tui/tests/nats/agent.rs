//! The real agent, beside a test; it ends when the test does.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::server::LATE;

/// The agent, with what stands before it on its command line; it tells, as node `n.1` of cluster `c`, of what has `mark` in its arguments.
pub(crate) struct Agent {
    child: Child,
    said: PathBuf,
}

impl Agent {
    pub(crate) fn start(before: &[&str], dir: &Path, url: &str, mark: &str, more: &[&str]) -> Agent {
        let said = dir.join("said");
        let binary = env!("CARGO_BIN_EXE_ktrace-tui");
        let events = format!("kind = exec and argv ~ {mark}");
        let own = ["agent", "--no-runtimes", "--cluster", "c", "--node", "n.1", "--events", &events, "--nats", url];
        let all: Vec<_> = before.iter().chain([&binary]).chain(&own).chain(more).collect();
        let mut command = Command::new(all[0]);
        command.args(&all[1..]).stderr(fs::File::create(&said).unwrap());
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn().unwrap();
        let agent = Agent { child, said };
        agent.says("ready");
        agent
    }

    pub(crate) fn heard(&self) -> String {
        fs::read_to_string(&self.said).unwrap()
    }

    pub(crate) fn says(&self, text: &str) {
        let began = Instant::now();
        while !self.heard().contains(text) {
            assert!(began.elapsed() < LATE, "{text:?} is not said; but: {}", self.heard());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it as an init system does.
    pub(crate) fn stop(mut self) {
        assert!(Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap().success());
        let began = Instant::now();
        let ended = loop {
            if let Some(ended) = self.child.try_wait().unwrap() {
                break ended;
            }
            assert!(began.elapsed() < LATE, "it does not end; what it says: {}", self.heard());
            std::thread::sleep(Duration::from_millis(20));
        };
        assert!(ended.success(), "{}", self.heard());
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
