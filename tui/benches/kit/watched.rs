//! A program on a terminal of our own, what the terminal shows, and how long it takes to show something.

use std::process::Command;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{JoinHandle, spawn};
use std::time::Duration;

use super::cost::{cpu_seconds, memory_mb};
use super::grid::Grid;
use super::now;
use super::pty::OnPty;

type Wanted = Box<dyn Fn(&Grid) -> bool + Send>;

struct Shown {
    grid: Grid,
    bytes: usize,
    wanted: Option<Wanted>,
    /// When the wanted was there.
    at: u64,
}

/// A program whose terminal is read.
pub struct Watched {
    pub pty: OnPty,
    shown: Arc<(Mutex<Shown>, Condvar)>,
    reader: Option<JoinHandle<()>>,
}

/// What a program cost for a time.
pub struct Spent {
    pub seconds: f64,
    /// Percent of one core.
    pub cpu: f64,
    pub rss: f64,
    pub peak: f64,
    /// Bytes that it wrote to the terminal, a second.
    pub bytes: f64,
}

impl Watched {
    pub fn start(command: Command, width: u16, height: u16) -> Watched {
        let pty = OnPty::start(command, width, height);
        let grid = Grid::new(width.into(), height.into());
        let shown = Arc::new((Mutex::new(Shown { grid, bytes: 0, wanted: None, at: 0 }), Condvar::new()));
        let mut master = pty.master.try_clone().expect("a descriptor can be copied");
        let reader = spawn({
            let shown = Arc::clone(&shown);
            move || {
                let mut buffer = vec![0; 1 << 16];
                while let Some((bytes, at)) = OnPty::read(&mut master, &mut buffer) {
                    let mut now = lock(&shown.0);
                    now.grid.feed(bytes);
                    now.bytes += bytes.len();
                    if now.wanted.as_ref().is_some_and(|wanted| wanted(&now.grid)) {
                        (now.wanted, now.at) = (None, at);
                    }
                    drop(now);
                    shown.1.notify_all();
                }
            }
        });
        Watched { pty, shown, reader: Some(reader) }
    }

    /// What the terminal shows.
    pub fn look<T>(&self, at: impl FnOnce(&Grid) -> T) -> T {
        at(&lock(&self.shown.0).grid)
    }

    /// Presses a key, if any, and waits until something is shown; gives the milliseconds from the one to the other.
    pub fn until(&mut self, key: Option<&str>, name: &str, wanted: impl Fn(&Grid) -> bool + Send + 'static) -> f64 {
        let mut shown = lock(&self.shown.0);
        let pressed = now();
        if key.is_none() && wanted(&shown.grid) {
            return 0.0;
        }
        shown.wanted = Some(Box::new(wanted));
        drop(shown);
        key.into_iter().for_each(|key| self.pty.press(key));
        let shown = lock(&self.shown.0);
        let waits = |shown: &mut Shown| shown.wanted.is_some();
        let (shown, _) = self
            .shown
            .1
            .wait_timeout_while(shown, Duration::from_secs(20), waits)
            .unwrap_or_else(PoisonError::into_inner);
        assert!(shown.wanted.is_none(), "{name} does not appear on the screen");
        shown.at.saturating_sub(pressed) as f64 / 1e6
    }

    /// What it costs during `what`.
    pub fn spend(&self, what: impl FnOnce()) -> Spent {
        let pid = self.pty.pid();
        let (began, cpu, bytes) = (now(), cpu_seconds(pid), lock(&self.shown.0).bytes);
        what();
        let seconds = (now() - began) as f64 / 1e9;
        Spent {
            seconds,
            cpu: (cpu_seconds(pid) - cpu) / seconds * 100.0,
            rss: memory_mb(pid, "VmRSS"),
            peak: memory_mb(pid, "VmHWM"),
            bytes: (lock(&self.shown.0).bytes - bytes) as f64 / seconds,
        }
    }

    /// Leaves it.
    pub fn quit(mut self) {
        self.pty.quit();
        drop(self.pty);
        if let Some(reader) = self.reader.take() {
            reader.join().expect("the reader of the terminal ends");
        }
    }
}

fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}
