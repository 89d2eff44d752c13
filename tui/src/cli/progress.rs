//! How far something is that takes longer than a second.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::time::{Duration, Instant};

/// Nothing is told before this.
const PATIENCE: Duration = Duration::from_secs(1);
/// Time between two looks.
const LOOK: Duration = Duration::from_millis(100);
/// Cells of the bar.
const CELLS: u64 = 30;

/// A line on the terminal, from the first second on; nothing where nobody looks.
///
/// Ctrl-C is the way to stop: it ends the program, which writes into nothing that was there before.
pub(super) struct Bar {
    what: &'static str,
    begun: Instant,
    next: Instant,
    drawn: bool,
    terminal: bool,
}

impl Bar {
    pub(super) fn new(what: &'static str) -> Bar {
        let begun = Instant::now();
        Bar { what, begun, next: begun + PATIENCE, drawn: false, terminal: stderr().is_terminal() }
    }

    /// So much is done, of so much; of 0 where that is not known.
    pub(super) fn step(&mut self, done: u64, of: u64) {
        if self.terminal && Instant::now() >= self.next {
            self.next = Instant::now() + LOOK;
            self.drawn = true;
            let line = line(self.what, done, of, self.begun.elapsed());
            // What it says is of no use later.
            let _ = write!(stderr(), "\r{line}\x1b[K");
        }
    }

    /// Takes the line away, for others to write there.
    pub(super) fn end(&mut self) {
        if std::mem::take(&mut self.drawn) {
            let _ = write!(stderr(), "\r\x1b[K");
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.end();
    }
}

/// `verifying [=====     ]  33%, 12 s left; Ctrl-C stops`
fn line(what: &str, done: u64, of: u64, spent: Duration) -> String {
    if of == 0 {
        let much = if done == 0 { String::new() } else { format!(": {done} bytes") };
        return format!("{what}{much}; Ctrl-C stops");
    }
    let done = done.min(of);
    let full = "=".repeat(usize::try_from(done * CELLS / of).unwrap_or(0));
    let left = spent.as_secs_f64() * (of - done) as f64 / done.max(1) as f64;
    let percent = done * 100 / of;
    format!("{what} [{full:<width$}] {percent:>3}%, {left:.0} s left; Ctrl-C stops", width = CELLS as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_much_is_done() {
        let at = |done, of| line("looking", done, of, Duration::from_secs(6));
        assert_eq!(at(0, 0), "looking; Ctrl-C stops");
        assert_eq!(at(7, 0), "looking: 7 bytes; Ctrl-C stops");
        assert_eq!(at(1, 3), "looking [==========                    ]  33%, 12 s left; Ctrl-C stops");
        assert_eq!(at(9, 8), "looking [==============================] 100%, 0 s left; Ctrl-C stops");
    }
}
