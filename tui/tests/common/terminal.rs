//! A terminal of the test's own: the program in tmux, keys into it, and what is on its screen.

use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Longest that something is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// A terminal; it goes with its program when it is dropped.
pub struct Terminal(String);

impl Terminal {
    /// Runs `command` in a terminal of `width` × `height` cells.
    pub fn start(command: &str, (width, height): (u16, u16)) -> Terminal {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("ktrace-test-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let terminal = Terminal(name);
        let (width, height) = (width.to_string(), height.to_string());
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", &width, "-y", &height, command]);
        terminal.tmux(&["set-option", "-s", "set-clipboard", "on"]);
        terminal.tmux(&["set-option", "-g", "status", "off"]);
        terminal.tmux(&["resize-window", "-x", &width, "-y", &height]);
        terminal
    }

    /// What tmux prints.
    pub fn tmux(&self, arguments: &[&str]) -> String {
        let out = Command::new("tmux").args(["-L", &self.0]).args(arguments).output().expect("tmux is installed");
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// Presses keys, as tmux names them, with spaces between.
    pub fn keys(&self, keys: &str) {
        for key in keys.split(' ') {
            self.tmux(&["send-keys", key]);
            if key == "Escape" {
                // Together with what comes next it would be another key, as on every terminal.
                std::thread::sleep(Duration::from_millis(100));
            }
        }
    }

    /// Types text as it is.
    pub fn types(&self, text: &str) {
        self.tmux(&["send-keys", "-l", text]);
    }

    /// The lines of the screen.
    pub fn screen(&self) -> String {
        self.tmux(&["capture-pane", "-p"])
    }

    /// Waits until something is on the screen; panics with what is there where it does not come.
    pub fn shows(&self, what: &str) {
        self.wait(what, |screen| screen.contains(what));
    }

    /// As [`Terminal::shows`], for what is gone.
    pub fn shows_no(&self, what: &str) {
        self.wait(&format!("no {what}"), |screen| !screen.contains(what));
    }

    /// Waits until the program has left.
    pub fn ends(&self) {
        let began = Instant::now();
        while self.tmux(&["list-sessions"]).contains("windows") {
            assert!(began.elapsed() < PATIENCE, "it does not leave; on its screen:\n{}", self.screen());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn wait(&self, what: &str, there: impl Fn(&str) -> bool) {
        let began = Instant::now();
        loop {
            let screen = self.screen();
            if there(&screen) {
                return;
            }
            assert!(began.elapsed() < PATIENCE, "`{what}` does not come; on the screen is:\n{screen}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.tmux(&["kill-server"]);
    }
}
