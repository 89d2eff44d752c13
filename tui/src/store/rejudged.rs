//! A tape whose findings are others than those that were made when it happened.

use std::sync::Arc;

use super::StoreError;
use super::batch::Packed;
use super::note::{Note, NoteChange};
use super::reel::Reel;
use super::tape::{Outline, Tape};

/// What happened on a tape, with what is found in it now; its notes stay where they are.
pub struct Rejudged {
    reel: Reel,
    notes: Box<dyn Tape>,
}

impl Rejudged {
    /// What happened, as `reel` has it, and the notes of `notes`.
    pub fn new(reel: Reel, notes: Box<dyn Tape>) -> Rejudged {
        Rejudged { reel, notes }
    }
}

impl std::fmt::Debug for Rejudged {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rejudged").field("reel", &self.reel).finish_non_exhaustive()
    }
}

impl Tape for Rejudged {
    fn outline(&mut self) -> Result<Arc<Outline>, StoreError> {
        self.reel.outline()
    }

    fn batch(&mut self, at: usize) -> Result<Arc<Packed>, StoreError> {
        self.reel.batch(at)
    }

    fn notes(&mut self) -> Vec<Note> {
        self.notes.notes()
    }

    fn change(&mut self, change: NoteChange) -> Result<(), StoreError> {
        self.notes.change(change)
    }
}
