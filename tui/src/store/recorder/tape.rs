//! What is kept in memory, as a tape.

use std::sync::{Arc, Mutex};

use super::lock;
use crate::store::{Note, NoteChange, Outline, Packed, Ring, Span, StoreError, Tape};

/// The ring as a tape.
pub(super) struct RingTape {
    ring: Arc<Mutex<Ring>>,
    batches: Vec<Arc<Packed>>,
    lasting: bool,
}

impl RingTape {
    /// What is in `ring`; notes beside it are `lasting` where a recording takes them.
    pub(super) fn new(ring: Arc<Mutex<Ring>>, lasting: bool) -> RingTape {
        RingTape { ring, batches: Vec::new(), lasting }
    }
}

impl Tape for RingTape {
    fn outline(&mut self) -> Result<Arc<Outline>, StoreError> {
        let ring = lock(&self.ring);
        self.batches = ring.batches();
        let spans = self.batches.iter().map(|packed| Span::of(packed)).collect();
        let (found, losses) = (ring.found().cloned().collect(), ring.losses().cloned().collect());
        Ok(Arc::new(Outline { spans, found, losses }))
    }

    fn batch(&mut self, at: usize) -> Result<Arc<Packed>, StoreError> {
        self.batches.get(at).cloned().ok_or(StoreError::Gone)
    }

    fn notes(&mut self) -> Vec<Note> {
        lock(&self.ring).notes.list().to_vec()
    }

    fn change(&mut self, change: NoteChange) -> Result<(), StoreError> {
        lock(&self.ring).notes.change(change);
        Ok(())
    }

    fn lasting(&self) -> bool {
        self.lasting
    }
}
