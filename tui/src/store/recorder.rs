//! What writes things down while they happen: a front that never waits, and a thread that packs and keeps.

mod keeper;
mod tape;
mod worker;

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use super::batch::Found;
use super::chain::Key;
use super::ring::Ring;
use super::tape::Tape;
use super::writer::{Facts, Writer};
use super::{Limits, StoreError};
use crate::detect::Entry;
use crate::model::{Event, Memory, Model};
use keeper::Keeper;
use tape::RingTape;
use worker::Worker;

/// Orders that may wait for the thread.
const WAITING: usize = 4_096;
/// Bytes of events that may wait for it, about.
const ROOM: usize = 64 << 20;
/// Least events between two memories.
const APART: usize = 32_768;

/// What is to be kept, and where.
#[derive(Debug, Default)]
pub struct Settings {
    /// Bytes of the last minutes that are kept in memory.
    pub ring: usize,
    /// What recordings say of the node.
    pub facts: Facts,
    /// What they are signed with.
    pub key: Option<Key>,
    /// Everything is written to this file.
    pub record: Option<PathBuf>,
    /// Where a recording of each incident is made, with what came before it.
    pub incidents: Option<PathBuf>,
    /// How large and old what is kept in `record` may become.
    pub limits: Limits,
}

/// Something that the thread has to say.
#[derive(Debug)]
pub enum Said {
    /// A recording was written, and is whole.
    Saved(PathBuf),
    /// A recording could not be made, or not be ended.
    Failed(PathBuf, StoreError),
    /// A recording cannot be written now: what happens waits, and then is lost for it.
    Trouble(PathBuf, String),
    /// It can be written again; so many events are not in it.
    Recovered(PathBuf, u64),
    /// It ended before it could be written again; so many events are not in it.
    Lacking(PathBuf, u64),
}

impl std::fmt::Display for Said {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Said::Saved(path) => write!(f, "saved to {}", path.display()),
            Said::Failed(_, error) => write!(f, "{error}"),
            Said::Trouble(_, why) => write!(f, "{why}; it is tried again, tracing goes on"),
            Said::Recovered(path, 0) => write!(f, "{} is written again, nothing is missing in it", path.display()),
            Said::Recovered(path, lost) => {
                write!(f, "{} is written again; {lost} events are not in it", path.display())
            }
            Said::Lacking(path, lost) => write!(f, "{lost} events are not in {}", path.display()),
        }
    }
}

/// What the thread is asked for.
#[derive(Debug)]
enum Order {
    /// Something happened.
    Events { first: u64, events: Vec<Event>, found: Vec<Found>, size: usize },
    /// What the model knows now: the next batch begins with it.
    Memory(Box<Memory>),
    /// Write the ring to a file.
    Save(PathBuf),
}

/// The front of what writes things down.
#[derive(Debug)]
pub struct Recorder {
    orders: Option<SyncSender<Order>>,
    said: Receiver<Said>,
    thread: Option<JoinHandle<()>>,
    ring: Arc<Mutex<Ring>>,
    /// Bytes of events that wait for the thread, about.
    waiting: Arc<AtomicUsize>,
    /// What is noted is kept in a file.
    lasting: bool,
    /// Number of the next event.
    next: u64,
    /// Events since the last memory; `None` where one is needed before anything else.
    since: Option<usize>,
    /// Events that found no room.
    dropped: u64,
}

impl Recorder {
    /// Starts to keep what happens, from the first event on.
    ///
    /// # Errors
    /// When the file to record to cannot be made.
    pub fn start(settings: Settings) -> Result<Recorder, StoreError> {
        let (orders, ordered) = mpsc::sync_channel(WAITING);
        let (say, said) = mpsc::channel();
        let ring = Arc::new(Mutex::new(Ring::new(settings.ring)));
        let mut keepers = Vec::new();
        if let Some(path) = &settings.record {
            let writer = Writer::create(path, &settings.facts, settings.key.clone(), settings.limits)?;
            keepers.push(Keeper::new(writer, None));
        }
        let (ours, lasting) = (Arc::clone(&ring), settings.record.is_some());
        let waits = Arc::new(AtomicUsize::new(0));
        let worker = Worker::new(ours, settings, keepers, say, Arc::clone(&waits));
        let thread = std::thread::Builder::new().name("recorder".into()).spawn(move || worker.run(&ordered)).ok();
        let (orders, waiting) = (Some(orders), waits);
        Ok(Recorder { orders, said, thread, ring, waiting, lasting, next: 1, since: None, dropped: 0 })
    }

    /// Keeps events that `model` has taken in, with what each brought to light, by its place among them. Never waits:
    /// what finds no room is counted.
    pub fn note(&mut self, events: Vec<Event>, entries: Vec<(usize, Entry)>, model: &Model) {
        let count = events.len();
        if count == 0 {
            return;
        }
        let first = self.next;
        self.next += count as u64;
        if first == 1 {
            self.send(Order::Memory(Box::new(Model::new(model.limits()).remember())));
        } else if self.since.is_none() {
            // What was dropped cannot be gone through: it goes on from here.
            self.dropped += count as u64;
            // A model is large, and would wait behind all that is too much already.
            if self.waiting.load(Ordering::Relaxed) <= ROOM / 2 {
                self.remember(model);
            }
            return;
        }
        let found = entries.into_iter().map(|(at, entry)| Found { at: first + at as u64, entry }).collect();
        if !self.send_events(first, events, found) {
            self.dropped += count as u64;
            self.since = None;
            return;
        }
        let since = self.since.unwrap_or(0) + count;
        self.since = Some(since);
        if since >= APART.max(2 * (model.totals().alive + model.totals().dead)) {
            self.remember(model);
        }
    }

    fn remember(&mut self, model: &Model) {
        self.since = self.send(Order::Memory(Box::new(model.remember()))).then_some(0);
    }

    fn send_events(&self, first: u64, events: Vec<Event>, found: Vec<Found>) -> bool {
        let size = events.iter().map(Event::size).sum();
        // One alone always finds room.
        let waiting = self.waiting.load(Ordering::Relaxed);
        if waiting > 0 && waiting + size > ROOM {
            return false;
        }
        self.waiting.fetch_add(size, Ordering::Relaxed);
        let sent = self.send(Order::Events { first, events, found, size });
        if !sent {
            self.waiting.fetch_sub(size, Ordering::Relaxed);
        }
        sent
    }

    fn send(&self, order: Order) -> bool {
        self.orders.as_ref().is_some_and(|orders| orders.try_send(order).is_ok())
    }

    /// Writes what is kept in memory to a new file; [`Recorder::said`] tells when it is done. False when too much else
    /// waits.
    pub fn save(&self, path: PathBuf) -> bool {
        self.send(Order::Save(path))
    }

    /// What the thread has to say since this was asked last.
    pub fn said(&self) -> Vec<Said> {
        self.said.try_iter().collect()
    }

    /// Ends all recordings, and gives what there is to say of that.
    pub fn finish(mut self) -> Vec<Said> {
        self.end();
        self.said()
    }

    fn end(&mut self) {
        self.orders = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }

    /// Whether a file is written that stays.
    pub fn lasts(&self) -> bool {
        self.lasting
    }

    /// Events that could not be kept, as the thread did not keep up.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// What can be gone back to.
    pub fn tape(&self) -> Box<dyn Tape> {
        Box::new(RingTape::new(Arc::clone(&self.ring), self.lasting))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.end();
    }
}

/// What is behind a lock stays whole when a thread panics: each change is one step.
fn lock(ring: &Mutex<Ring>) -> MutexGuard<'_, Ring> {
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::model::{Health, Status, Time};

    #[test]
    fn whoever_does_not_come_to_read_has_neither_events_nor_models_piled_up() {
        let (orders, ordered) = mpsc::sync_channel(WAITING);
        let (_, said) = mpsc::channel();
        let (ring, waiting) = (Arc::new(Mutex::new(Ring::new(0))), Arc::new(AtomicUsize::new(0)));
        let (orders, thread) = (Some(orders), None);
        let mut recorder =
            Recorder { orders, said, thread, ring, waiting, lasting: true, next: 1, since: None, dropped: 0 };
        let status = Status { time: Time(1), topic: "t".into(), health: Health::Ok, text: String::new() };
        let model = Model::default();
        for _ in 0..1_000 {
            recorder.note(vec![Event::Status(status.clone()); 1_024], Vec::new(), &model);
        }
        assert!(recorder.dropped() > 0 && recorder.waiting.load(Ordering::Relaxed) <= ROOM);
        let models = ordered.try_iter().filter(|order| matches!(order, Order::Memory(_))).count();
        assert!(models <= 1 + ROOM / Event::Status(status).size() / APART, "{models}");
    }
}
