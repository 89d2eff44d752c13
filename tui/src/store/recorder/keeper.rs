//! A recording and what waits for it: nothing that goes wrong with a file stops the rest.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use super::Said;
use crate::clock;
use crate::store::{Batch, Note, Packed, Writer};

/// Events that wait for a file that cannot be written; beyond that the oldest are lost for it.
const BACKLOG: u64 = 200_000;
/// Time between two attempts.
const PAUSE: Duration = Duration::from_secs(1);
/// A recording of an incident ends this long after the incident went on last.
const QUIET: Duration = Duration::from_secs(30);

/// A recording and what waits for it.
#[derive(Debug)]
pub(super) struct Keeper {
    writer: Writer,
    /// What waits, packed: what a full disk has wait for long takes little room.
    waiting: VecDeque<Arc<Packed>>,
    /// Events that wait.
    events: u64,
    lost: u64,
    /// When it failed last.
    failed: Option<Instant>,
    /// For a recording of an incident: when that went on last.
    incident: Option<Instant>,
    /// What was lost left a gap: the next batch that can be taken begins with a memory.
    gap: bool,
}

impl Keeper {
    pub(super) fn new(writer: Writer, incident: Option<Instant>) -> Keeper {
        Keeper { writer, waiting: VecDeque::new(), events: 0, lost: 0, failed: None, incident, gap: false }
    }

    /// Writes a batch, or lets it wait.
    pub(super) fn keep(&mut self, packed: &Arc<Packed>, batch: &Batch, say: &Sender<Said>) {
        if self.gap && packed.memory.is_none() {
            self.lost += packed.count;
            return;
        }
        self.gap = false;
        let written = self.failed.is_none() && self.waiting.is_empty() && self.write(packed, batch, say);
        if written {
            return;
        }
        self.events += packed.count;
        self.waiting.push_back(Arc::clone(packed));
        while self.events > BACKLOG {
            self.drop_segment();
        }
    }

    /// Tries again what failed a while ago.
    pub(super) fn retry(&mut self, say: &Sender<Said>) {
        if self.failed.is_some_and(|failed| failed.elapsed() >= PAUSE) {
            self.drain(say);
        }
    }

    /// Writes what waits, as far as that goes.
    fn drain(&mut self, say: &Sender<Said>) {
        while let Some(packed) = self.waiting.front().cloned() {
            match packed.whole() {
                Ok(batch) if !self.write(&packed, &batch, say) => return,
                Ok(_) => {}
                Err(_) => self.lost += packed.count,
            }
            self.events -= packed.count;
            self.waiting.pop_front();
        }
        if self.failed.take().is_some() {
            let _ = say.send(Said::Recovered(self.writer.path().to_owned(), std::mem::take(&mut self.lost)));
        }
    }

    /// True when it is written; otherwise that is said, where it was not said before.
    fn write(&mut self, packed: &Arc<Packed>, batch: &Batch, say: &Sender<Said>) -> bool {
        let Err(error) = self.writer.write(packed, batch) else { return true };
        if self.failed.replace(Instant::now()).is_none() {
            let _ = say.send(Said::Trouble(self.writer.path().to_owned(), error.to_string()));
        }
        false
    }

    /// Lets go of the oldest that waits, up to where it can go on.
    fn drop_segment(&mut self) {
        let mut first = true;
        while let Some(packed) = self.waiting.front() {
            if !first && packed.memory.is_some() {
                return;
            }
            first = false;
            self.lost += packed.count;
            self.events -= packed.count;
            self.waiting.pop_front();
        }
        self.gap = true;
    }

    /// Writes what people noted; false when it has to be tried again.
    pub(super) fn write_notes(&self, notes: &[Note]) -> bool {
        self.failed.is_none() && self.writer.notes(notes).is_ok()
    }

    /// True for a recording that was begun by an incident.
    pub(super) fn is_of_incidents(&self) -> bool {
        self.incident.is_some()
    }

    /// The incident went on.
    pub(super) fn go_on(&mut self) {
        self.incident = Some(Instant::now());
    }

    /// True when its incident is over.
    pub(super) fn over(&self) -> bool {
        self.incident.is_some_and(|last| last.elapsed() >= QUIET)
    }

    /// Ends the recording, and tells how that went and what is missing in it.
    pub(super) fn end(mut self, say: &Sender<Said>) {
        // A last attempt; what it says is in what is told here.
        let (nobody, _) = std::sync::mpsc::channel();
        let lost = self.lost;
        self.drain(&nobody);
        let missing = lost + self.events;
        let path = self.writer.path().to_owned();
        let done = self.writer.close(clock::now());
        // Nobody listens any more when the front panicked.
        if missing > 0 {
            let _ = say.send(Said::Lacking(path.clone(), missing));
        }
        let _ = say.send(done.map_or_else(|error| Said::Failed(path, error), Said::Saved));
    }
}
