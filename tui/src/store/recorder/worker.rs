//! The thread that packs what happens, and keeps it wherever it is to be kept.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::keeper::Keeper;
use super::{Order, Said, Settings, lock};
use crate::clock;
use crate::detect::{Entry, Severity};
use crate::model::{Event, Time};
use crate::store::batch::{Batch, Found, Packed};
use crate::store::ring::Ring;
use crate::store::writer::Writer;
use crate::store::{Limits, StoreError};

/// Events of a batch.
const FULL: usize = 8_192;
/// A batch is closed this long after its first event: what a crash can take.
const AGE: Duration = Duration::from_millis(300);

/// What packs and keeps.
pub(super) struct Worker {
    ring: Arc<Mutex<Ring>>,
    settings: Settings,
    keepers: Vec<Keeper>,
    say: Sender<Said>,
    /// As [`Recorder::waiting`].
    waiting: Arc<AtomicUsize>,
    /// How often the notes had been changed when they were written last.
    noted: u64,
    pending: Batch,
    /// When the first event of `pending` came.
    begun: Option<Instant>,
}

impl Worker {
    /// One that keeps what happens in `ring`, and in what `keepers` write.
    pub(super) fn new(
        ring: Arc<Mutex<Ring>>,
        settings: Settings,
        keepers: Vec<Keeper>,
        say: Sender<Said>,
        waiting: Arc<AtomicUsize>,
    ) -> Worker {
        Worker { ring, settings, keepers, say, waiting, noted: 0, pending: Batch::default(), begun: None }
    }

    /// Until nobody orders any more.
    pub(super) fn run(mut self, orders: &Receiver<Order>) {
        loop {
            let patience = self.begun.map_or(Duration::from_secs(1), |begun| AGE.saturating_sub(begun.elapsed()));
            match orders.recv_timeout(patience) {
                Ok(Order::Events { first, events, found, size }) => {
                    self.waiting.fetch_sub(size, Ordering::Relaxed);
                    self.take(first, events, found);
                }
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
        let batch = std::mem::take(&mut self.pending);
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
fn begin(ring: &Mutex<Ring>, path: &Path, settings: &Settings) -> Result<Writer, StoreError> {
    let mut writer = Writer::create(path, &settings.facts, settings.key.clone(), Limits::default())?;
    let (batches, found) = {
        let ring = lock(ring);
        (ring.batches(), ring.found().cloned().collect::<Vec<_>>())
    };
    let first = batches.first().map_or(0, |packed| packed.first);
    let before: Vec<Found> = found.into_iter().filter(|found| found.at < first).collect();
    for (at, packed) in batches.iter().enumerate() {
        let mut batch = packed.whole()?;
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
