//! A tape that is made in one go, out of events that are all there already: an import.

use std::sync::Arc;

use super::StoreError;
use super::batch::{Batch, Found, Packed};
use super::note::{Note, NoteChange, Notes};
use super::tape::{Outline, Span, Tape};
use crate::detect::Entry;
use crate::model::{Event, Model, Time};

/// Most events of a batch.
const FULL: usize = 8_192;
/// Least events between two memories.
const APART: u64 = 16_384;
/// A batch spans no more than this at first, in nanoseconds: density is told per batch.
const SLICE: u64 = 1_000_000_000;
/// From this many batches on, and at each doubling, a batch may span twice as much.
const MANY: usize = 4_096;

/// Batches in memory, all of them.
#[derive(Debug, Default)]
pub struct Reel {
    batches: Vec<Arc<Packed>>,
    outline: Arc<Outline>,
    notes: Notes,
}

/// Makes a reel, event by event.
#[derive(Debug)]
pub struct Winder {
    reel: Reel,
    made: Outline,
    pending: Batch,
    begun: Time,
    /// Number of the next event, and that of the first one after the last memory.
    next: u64,
    since: u64,
}

impl Winder {
    /// Starts one for events that `model`, which has seen nothing yet, will take in.
    pub fn new(model: &Model) -> Winder {
        let pending = Batch { memory: Some(model.remember()), ..Batch::default() };
        Winder { reel: Reel::default(), made: Outline::default(), pending, begun: Time(0), next: 1, since: 1 }
    }

    /// Goes on with what `model` knows, which no event before told: it begins here, or something is missing.
    pub fn begin(&mut self, model: &Model) {
        self.close();
        self.since = self.next;
        self.pending.memory = Some(model.remember());
    }

    /// Takes in an event that `model` has just taken in, with what it brought to light.
    pub fn note(&mut self, event: &Event, entries: Vec<Entry>, model: &Model) {
        let time = event.time();
        if self.begun > Time(0) && time.since(self.begun) >= self.slice() {
            self.close();
        }
        if self.begun == Time(0) {
            self.begun = time;
        }
        if self.pending.events.is_empty() {
            self.pending.first = self.next;
        }
        if let Event::Loss(loss) = event {
            self.made.losses.push(loss.clone());
        }
        let found = entries.into_iter().map(|entry| Found { at: self.next, entry });
        self.pending.found.extend(found);
        self.pending.events.push(event.clone());
        self.next += 1;
        let due = self.next - self.since >= APART.max((model.totals().alive + model.totals().dead) as u64);
        if due || self.pending.events.len() >= FULL {
            self.close();
        }
        if due {
            self.since = self.next;
            self.pending.memory = Some(model.remember());
        }
    }

    /// How much time a batch may span.
    fn slice(&self) -> u64 {
        let doublings = (self.reel.batches.len() / MANY).checked_ilog2().map_or(0, |log| log + 1);
        SLICE << doublings.min(30)
    }

    fn close(&mut self) {
        self.begun = Time(0);
        if self.pending.events.is_empty() {
            return;
        }
        let mut batch = std::mem::take(&mut self.pending);
        let packed = Packed::pack(&batch);
        self.made.spans.push(Span::of(&packed));
        self.made.found.append(&mut batch.found);
        self.reel.batches.push(Arc::new(packed));
    }

    /// The reel.
    pub fn finish(mut self) -> Reel {
        self.close();
        self.reel.outline = Arc::new(self.made);
        self.reel
    }
}

impl Tape for Reel {
    fn outline(&mut self) -> Result<Arc<Outline>, StoreError> {
        Ok(Arc::clone(&self.outline))
    }

    fn batch(&mut self, at: usize) -> Result<Arc<Packed>, StoreError> {
        self.batches.get(at).cloned().ok_or(StoreError::Gone)
    }

    fn notes(&mut self) -> Vec<Note> {
        self.notes.list().to_vec()
    }

    fn change(&mut self, change: NoteChange) -> Result<(), StoreError> {
        self.notes.change(change);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::scene::Scene;
    use crate::model::LossKind;
    use crate::store::{Moment, Player};

    #[test]
    fn no_batch_spans_a_silence_and_none_of_the_events_is_missing() {
        let mut scene = Scene::node();
        scene.after(3_600_000);
        scene.fork(7_001, 2_101, 0);
        scene.loss(LossKind::Exec, 3);
        let mut model = Model::default();
        let mut winder = Winder::new(&model);
        for event in &scene.events {
            model.apply(event);
            winder.note(event, Vec::new(), &model);
        }
        let mut reel = winder.finish();
        let outline = reel.outline().expect("it has one");
        assert_eq!(outline.numbers(), 1..scene.events.len() as u64 + 1);
        assert_eq!(outline.losses.len(), 1);
        assert!(outline.spans.iter().all(|span| span.to.since(span.from) <= SLICE), "{:?}", outline.spans);
        assert!(outline.spans.windows(2).all(|pair| pair[0].first + pair[0].count == pair[1].first));
        let shot = Player::new(Box::new(reel), 10).seek(Moment::End).expect("it is there");
        assert!(shot.model.remember() == model.remember());
    }

    #[test]
    fn a_long_import_has_few_batches_and_memories_to_start_from() {
        let model = Model::default();
        let mut winder = Winder::new(&model);
        let mut scene = Scene::boot();
        scene.fork(7_001, 1, 0);
        let fork = scene.events.pop().expect("the fork");
        for second in 0..40_000 {
            let mut event = fork.clone();
            if let Event::Process(event) = &mut event {
                event.time = Time(event.time.0 + second * SLICE);
            }
            winder.note(&event, Vec::new(), &model);
        }
        let outline = winder.finish().outline().expect("it has one");
        assert!(outline.spans.len() < 5 * MANY, "{}", outline.spans.len());
        assert_eq!(outline.spans.iter().filter(|span| span.memory).count(), 3);
    }
}
