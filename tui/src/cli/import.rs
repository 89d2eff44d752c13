//! Reading recordings of other sensors: JSON lines as Tetragon exports them.

use std::fs::File;
use std::io::{self, BufRead, BufReader, IsTerminal as _, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Context as _;

use super::{Exit, Failure};
use crate::detect::{Detector, Exception};
use crate::model::{Event, Model};
use crate::source::tetragon::Import;
use crate::store::{Tape, Winder};

/// Bad lines that are named; more are counted.
const NAMED: usize = 3;
/// How far it is, is told after this long, and again after each such while.
const WHILE: Duration = Duration::from_secs(1);
/// Lines between two looks at the clock.
const LINES: u64 = 1_024;

/// Reads a file to its end, and hands over each of its events.
///
/// # Errors
/// When it cannot be read, or holds none.
pub(super) fn read(file: &Path, mut take: impl FnMut(Event)) -> Result<(), Failure> {
    let name = file.display();
    let open = || -> io::Result<(Box<dyn BufRead>, Option<u64>)> {
        if file == Path::new("-") {
            return Ok((Box::new(BufReader::new(io::stdin())), None));
        }
        let opened = File::open(file)?;
        let size = opened.metadata().ok().filter(|data| data.is_file()).map(|data| data.len());
        Ok((Box::new(BufReader::new(opened)), size))
    };
    let (lines, size) = open().with_context(|| format!("cannot read {name}"))?;
    let mut import = Import::default();
    let mut progress = Progress::new(file, size);
    let (mut taken, mut bad) = (0_u64, 0_usize);
    for (number, line) in lines.split(b'\n').enumerate() {
        let line = line.with_context(|| format!("cannot read {name}"))?;
        progress.line(line.len() as u64 + 1);
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        match import.line(&line) {
            Ok(events) => {
                taken += 1;
                events.into_iter().for_each(&mut take);
            }
            Err(error) => {
                bad += 1;
                if bad <= NAMED {
                    progress.clear();
                    eprintln!("{name}, line {}: passed over: {error}", number + 1);
                }
            }
        }
    }
    progress.clear();
    if bad > NAMED {
        eprintln!("{name}: {bad} lines were passed over in all");
    }
    if taken == 0 {
        let message = format!("{name} holds no event: JSON lines as Tetragon exports them are wanted");
        return Err(Failure::new(Exit::Failed, message));
    }
    Ok(())
}

/// What can be gone through, of a file.
///
/// # Errors
/// As [`read`].
pub(super) fn open_tape(file: &Path, exceptions: Vec<Exception>) -> Result<Box<dyn Tape>, Failure> {
    let (mut model, mut detector) = (Model::default(), Detector::new(exceptions));
    let mut winder = Winder::new(&model);
    read(file, |event| {
        model.apply(&event);
        let news = detector.observe(&event, &model);
        winder.note(&event, detector.entries(&news), &model);
    })?;
    Ok(Box::new(winder.finish()))
}

/// How far it is, on one line of a terminal; nothing where nobody waits in front of one.
struct Progress<'a> {
    file: &'a Path,
    size: Option<u64>,
    read: u64,
    lines: u64,
    next: Instant,
    /// Something stands on the line.
    shown: bool,
    terminal: bool,
}

impl Progress<'_> {
    fn new(file: &Path, size: Option<u64>) -> Progress<'_> {
        let (next, terminal) = (Instant::now() + WHILE, io::stderr().is_terminal());
        Progress { file, size, read: 0, lines: 0, next, shown: false, terminal }
    }

    fn line(&mut self, bytes: u64) {
        self.read += bytes;
        self.lines += 1;
        if !self.terminal || !self.lines.is_multiple_of(LINES) || Instant::now() < self.next {
            return;
        }
        self.next = Instant::now() + WHILE / 4;
        self.shown = true;
        let part = self.size.filter(|size| *size > 0).map(|size| bar(self.read.min(size), size)).unwrap_or_default();
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        eprint!("\r\x1b[K{part}{} lines of {}; Ctrl-C stops", self.lines, name.escape_debug());
        // What it says is of no use later.
        let _ = io::stderr().flush();
    }

    fn clear(&mut self) {
        if std::mem::take(&mut self.shown) {
            eprint!("\r\x1b[K");
        }
    }
}

/// `[██████    ]  61%  `
fn bar(done: u64, all: u64) -> String {
    const CELLS: u64 = 20;
    let full = "█".repeat(usize::try_from(done * CELLS / all).unwrap_or(0));
    format!("[{full:<20}] {:>3}%  ", done * 100 / all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_much_is_done() {
        assert_eq!(bar(0, 7), "[                    ]   0%  ");
        assert_eq!(bar(1 << 40, 1 << 41), "[██████████          ]  50%  ");
        assert_eq!(bar(9, 9), "[████████████████████] 100%  ");
    }
}
