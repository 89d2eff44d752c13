//! What writes things down while they happen: a front that never waits, and a thread that packs and keeps.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TrySendError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::StoreError;
use super::batch::{Batch, Found, Packed};
use super::note::{Change, Note};
use super::ring::Ring;
use super::tape::{Outline, Span, Tape};
use crate::detect::Entry;
use crate::model::{Event, Memory, Model};

/// Orders that may wait for the thread.
const WAITING: usize = 4_096;
/// Events of a batch.
const FULL: usize = 8_192;
/// A batch is closed this long after its first event: what a crash can take.
const AGE: Duration = Duration::from_millis(300);
/// Least events between two memories.
const APART: usize = 16_384;

/// What the thread is asked for.
#[derive(Debug)]
enum Order {
    /// Something happened.
    Events { first: u64, events: Vec<Event>, found: Vec<Found> },
    /// What the model knows now: the next batch begins with it.
    Memory(Box<Memory>),
}

/// The front of what writes things down.
#[derive(Debug)]
pub struct Recorder {
    orders: Option<SyncSender<Order>>,
    thread: Option<JoinHandle<()>>,
    ring: Arc<Mutex<Ring>>,
    /// Number of the next event.
    next: u64,
    /// Events since the last memory; `None` where one is needed before anything else.
    since: Option<usize>,
    /// Events that found no room.
    dropped: u64,
}

impl Recorder {
    /// Starts to keep what happens to a model that is as `model` now, in at most about `ring` bytes.
    pub fn start(ring: usize) -> Recorder {
        let (orders, waiting) = mpsc::sync_channel(WAITING);
        let ring = Arc::new(Mutex::new(Ring::new(ring)));
        let worker = Worker { ring: Arc::clone(&ring), pending: Batch::default(), begun: None };
        let thread = std::thread::Builder::new().name("recorder".into()).spawn(move || worker.run(&waiting)).ok();
        Recorder { orders: Some(orders), thread, ring, next: 1, since: None, dropped: 0 }
    }

    /// Keeps events that `model` has taken in, with what each brought to light, by its place among them. Never waits:
    /// what finds no room is counted.
    pub fn note(&mut self, events: Vec<Event>, entries: Vec<(usize, Entry)>, model: &Model) {
        let count = events.len();
        let first = self.next;
        self.next += count as u64;
        if self.since.is_none() && first > 1 {
            // What was dropped cannot be gone through: it goes on from here.
            self.dropped += count as u64;
            self.remember(model);
            return;
        }
        if first == 1 {
            self.send(Order::Memory(Box::new(Model::new(model.limits()).remember())));
        }
        let found = entries.into_iter().map(|(at, entry)| Found { at: first + at as u64, entry }).collect();
        if !self.send(Order::Events { first, events, found }) {
            self.dropped += count as u64;
            self.since = None;
            return;
        }
        let since = self.since.unwrap_or(0) + count;
        self.since = Some(since);
        if since >= APART.max(model.totals().alive + model.totals().dead) {
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

    /// Events that could not be kept, as the thread did not keep up.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// What can be gone back to.
    pub fn tape(&self) -> Box<dyn Tape> {
        Box::new(RingTape { ring: Arc::clone(&self.ring), batches: Vec::new() })
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

struct Worker {
    ring: Arc<Mutex<Ring>>,
    pending: Batch,
    /// When the first event of `pending` came.
    begun: Option<Instant>,
}

impl Worker {
    fn run(mut self, orders: &Receiver<Order>) {
        loop {
            let patience = self.begun.map_or(Duration::from_secs(60), |begun| AGE.saturating_sub(begun.elapsed()));
            match orders.recv_timeout(patience) {
                Ok(Order::Events { first, events, found }) => self.take(first, events, found),
                Ok(Order::Memory(memory)) => {
                    self.close();
                    self.pending.memory = Some(*memory);
                }
                Err(RecvTimeoutError::Timeout) => self.close(),
                Err(RecvTimeoutError::Disconnected) => return self.close(),
            }
        }
    }

    fn take(&mut self, first: u64, events: Vec<Event>, found: Vec<Found>) {
        if self.pending.events.is_empty() {
            self.pending.first = first;
            self.begun = Some(Instant::now());
        }
        self.pending.events.extend(events);
        self.pending.found.extend(found);
        if self.pending.events.len() >= FULL || self.begun.is_some_and(|begun| begun.elapsed() >= AGE) {
            self.close();
        }
    }

    fn close(&mut self) {
        self.begun = None;
        if self.pending.events.is_empty() {
            return;
        }
        let batch = std::mem::take(&mut self.pending);
        let packed = Arc::new(Packed::pack(&batch));
        lock(&self.ring).push(packed, &batch.found);
    }
}

/// The ring as a tape.
struct RingTape {
    ring: Arc<Mutex<Ring>>,
    batches: Vec<Arc<Packed>>,
}

impl Tape for RingTape {
    fn outline(&mut self) -> Arc<Outline> {
        let ring = lock(&self.ring);
        self.batches = ring.batches();
        let spans = self.batches.iter().map(|packed| Span::of(packed)).collect();
        Arc::new(Outline { spans, found: ring.found().cloned().collect(), ..Outline::default() })
    }

    fn batch(&mut self, at: usize) -> Result<Arc<Packed>, StoreError> {
        self.batches.get(at).cloned().ok_or(StoreError::Gone)
    }

    fn notes(&mut self) -> Vec<Note> {
        lock(&self.ring).notes.list().to_vec()
    }

    fn change(&mut self, change: Change) -> Result<(), StoreError> {
        lock(&self.ring).notes.change(change);
        Ok(())
    }
}

/// What is behind a lock stays whole when a thread panics: each change is one step.
fn lock(ring: &Mutex<Ring>) -> MutexGuard<'_, Ring> {
    ring.lock().unwrap_or_else(PoisonError::into_inner)
}
