//! What writes things down while they happen: a front that never waits, and a thread that packs and keeps.

mod keeper;
mod tape;

use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::batch::{Batch, Found, Packed};
use super::chain::Key;
use super::ring::Ring;
use super::tape::Tape;
use super::writer::{Facts, Writer};
use super::{Limits, StoreError};
use crate::clock;
use crate::detect::{Entry, Severity};
use crate::model::{Event, Memory, Model, Time};
use keeper::Keeper;
use tape::RingTape;

/// Orders that may wait for the thread.
const WAITING: usize = 4_096;
/// Events of a batch.
const FULL: usize = 8_192;
/// A batch is closed this long after its first event: what a crash can take.
const AGE: Duration = Duration::from_millis(300);
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
    Events { first: u64, events: Vec<Event>, found: Vec<Found> },
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
        let (orders, waiting) = mpsc::sync_channel(WAITING);
        let (say, said) = mpsc::channel();
        let ring = Arc::new(Mutex::new(Ring::new(settings.ring)));
        let mut keepers = Vec::new();
        if let Some(path) = &settings.record {
            let writer = Writer::create(path, &settings.facts, settings.key.clone(), settings.limits)?;
            keepers.push(Keeper::new(writer, None));
        }
        let (ours, lasting) = (Arc::clone(&ring), settings.record.is_some());
        let worker = Worker { ring: ours, settings, keepers, say, noted: 0, pending: Batch::default(), begun: None };
        let thread = std::thread::Builder::new().name("recorder".into()).spawn(move || worker.run(&waiting)).ok();
        Ok(Recorder { orders: Some(orders), said, thread, ring, lasting, next: 1, since: None, dropped: 0 })
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
            return self.remember(model);
        }
        let found = entries.into_iter().map(|(at, entry)| Found { at: first + at as u64, entry }).collect();
        if !self.send(Order::Events { first, events, found }) {
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

    fn send(&self, order: Order) -> bool {
        let Some(orders) = &self.orders else { return false };
        !matches!(orders.try_send(order), Err(TrySendError::Full(_) | TrySendError::Disconnected(_)))
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

struct Worker {
    ring: Arc<Mutex<Ring>>,
    settings: Settings,
    keepers: Vec<Keeper>,
    say: Sender<Said>,
    /// How often the notes had been changed when they were written last.
    noted: u64,
    pending: Batch,
    /// When the first event of `pending` came.
    begun: Option<Instant>,
}

impl Worker {
    fn run(mut self, orders: &Receiver<Order>) {
        loop {
            let patience = self.begun.map_or(Duration::from_secs(1), |begun| AGE.saturating_sub(begun.elapsed()));
            match orders.recv_timeout(patience) {
                Ok(Order::Events { first, events, found }) => self.take(first, events, found),
                Ok(Order::Memory(memory)) => {
                    self.close();
                    self.pending.memory = Some(*memory);
                }
                Ok(Order::Save(path)) => self.save(path),
                Err(RecvTimeoutError::Timeout) => {
                    self.close();
                    self.tend();
                }
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
        self.close();
        self.write_notes();
        for keeper in self.keepers {
            keeper.end(&self.say);
        }
    }

    fn take(&mut self, first: u64, events: Vec<Event>, found: Vec<Found>) {
        let expected = self.pending.first + self.pending.events.len() as u64;
        if !self.pending.events.is_empty() && first != expected {
            self.close();
        }
        if self.pending.events.is_empty() {
            self.pending.first = first;
            self.begun = Some(Instant::now());
        }
        self.pending.events.extend(events);
        self.pending.found.extend(found);
        if self.pending.events.len() >= FULL || self.begun.is_some_and(|begun| begun.elapsed() >= AGE) {
            self.close();
            self.tend();
        }
    }

    /// Closes the batch, and hands it to whoever keeps it.
    fn close(&mut self) {
        self.begun = None;
        if self.pending.events.is_empty() {
            return;
        }
        let batch = Arc::new(std::mem::take(&mut self.pending));
        let packed = Arc::new(Packed::pack(&batch));
        lock(&self.ring).push(Arc::clone(&packed), &batch);
        for keeper in &mut self.keepers {
            keeper.keep(&packed, &batch, &self.say);
        }
        self.look_for_incidents(&batch);
    }

    /// Begins a recording for an incident that none is written for.
    fn look_for_incidents(&mut self, batch: &Batch) {
        let Some(folder) = &self.settings.incidents else { return };
        let told = batch.found.iter().filter_map(|found| match &found.entry {
            Entry::Incident(incident) if incident.severity >= Severity::High => Some(incident),
            _ => None,
        });
        for incident in told {
            if let Some(keeper) = self.keepers.iter_mut().find(|keeper| keeper.is_of_incidents()) {
                keeper.go_on();
                continue;
            }
            let path = folder.join(file_name(incident.first, incident.id));
            match begin(&self.ring, &path, &self.settings) {
                Ok(writer) => self.keepers.push(Keeper::new(writer, Some(Instant::now()))),
                Err(error) => drop(self.say.send(Said::Failed(path, error))),
            }
        }
    }

    /// Ends what is over, and tries again what failed.
    fn tend(&mut self) {
        self.write_notes();
        for keeper in &mut self.keepers {
            keeper.retry(&self.say);
        }
        for over in self.keepers.extract_if(.., |keeper| keeper.over()) {
            over.end(&self.say);
        }
    }

    fn write_notes(&mut self) {
        let notes = {
            let ring = lock(&self.ring);
            if ring.notes.changes() == self.noted {
                return;
            }
            ring.notes.clone()
        };
        let mut recordings = self.keepers.iter_mut().filter(|keeper| !keeper.is_of_incidents());
        if recordings.all(|keeper| keeper.write_notes(notes.list())) {
            self.noted = notes.changes();
        }
    }

    /// Writes the ring to a file, in a thread of its own.
    fn save(&mut self, path: PathBuf) {
        self.close();
        let (ring, say) = (Mutex::new(lock(&self.ring).clone()), self.say.clone());
        let settings =
            Settings { facts: self.settings.facts.clone(), key: self.settings.key.clone(), ..Settings::default() };
        std::thread::spawn(move || {
            let write = || {
                let writer = begin(&ring, &path, &settings)?;
                writer.notes(lock(&ring).notes.list())?;
                writer.close(clock::now())
            };
            let done = write();
            let _ = say.send(done.map_or_else(|error| Said::Failed(path, error), Said::Saved));
        });
    }
}

/// A new recording of what is in the ring.
fn begin(ring: &Mutex<Ring>, path: &std::path::Path, settings: &Settings) -> Result<Writer, StoreError> {
    let mut writer = Writer::create(path, &settings.facts, settings.key.clone(), Limits::default())?;
    let (batches, found) = {
        let ring = lock(ring);
        (ring.batches(), ring.found().cloned().collect::<Vec<_>>())
    };
    let first = batches.first().map_or(0, |packed| packed.first);
    let before: Vec<Found> = found.into_iter().filter(|found| found.at < first).collect();
    for (at, packed) in batches.iter().enumerate() {
        let mut batch = packed.unpack()?;
        batch.memory = packed.memory()?;
        if at == 0 && !before.is_empty() {
            // What was found of earlier stages is told again: the incident is whole.
            batch.found.splice(0..0, before.iter().cloned());
            writer.write(&Arc::new(Packed::pack(&batch)), &batch)?;
        } else {
            writer.write(packed, &batch)?;
        }
    }
    Ok(writer)
}

/// `20261123T120304Z-i3.ktrace`.
fn file_name(first: Time, incident: u64) -> String {
    let moment = chrono::DateTime::from_timestamp_nanos(i64::try_from(first.0).unwrap_or_default());
    format!("{}-i{incident}.ktrace", moment.format("%Y%m%dT%H%M%SZ"))
}

/// What is behind a lock stays whole when a thread panics: each change is one step.
fn lock(ring: &Mutex<Ring>) -> MutexGuard<'_, Ring> {
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}
