//! What can be gone through: the ring of the live view, a recording, or events that were imported.

use std::sync::Arc;

use super::StoreError;
use super::batch::{Found, Packed};
use super::note::{Note, NoteChange};
use crate::model::{Loss, Time};

/// A stretch of batches.
pub trait Tape: Send {
    /// What is on it, as of now: a live one grows.
    ///
    /// # Errors
    /// When that cannot be read.
    fn outline(&mut self) -> Result<Arc<Outline>, StoreError>;

    /// A batch, by its place in [`Outline::spans`].
    ///
    /// # Errors
    /// When it is not there any more, or cannot be read.
    fn batch(&mut self, at: usize) -> Result<Arc<Packed>, StoreError>;

    /// What people wrote beside it, in the order of its moments.
    fn notes(&mut self) -> Vec<Note> {
        Vec::new()
    }

    /// Changes what people wrote.
    ///
    /// # Errors
    /// When it keeps no notes, or cannot write them.
    fn change(&mut self, _change: NoteChange) -> Result<(), StoreError> {
        Err(StoreError::NoNotes)
    }

    /// Whether what is written beside it is still there when the program ends.
    fn lasting(&self) -> bool {
        false
    }
}

/// Where everything is.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// The batches, oldest first. The first has a memory.
    pub spans: Vec<Span>,
    /// Everything that was found, in the order of events.
    pub found: Vec<Found>,
    /// What was lost.
    pub losses: Vec<Loss>,
}

/// One batch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Number of the first event.
    pub first: u64,
    /// How many events there are.
    pub count: u64,
    /// Time of the earliest event.
    pub from: Time,
    /// Time of the latest event.
    pub to: Time,
    /// Whether it begins with a memory.
    pub memory: bool,
}

impl Span {
    /// One more than the number of the last event; however large numbers in a damaged file are.
    pub fn end(&self) -> u64 {
        self.first.saturating_add(self.count)
    }

    /// That of a packed batch.
    pub fn of(packed: &Packed) -> Span {
        Span {
            first: packed.first,
            count: packed.count,
            from: packed.from,
            to: packed.to,
            memory: packed.memory.is_some(),
        }
    }
}

impl Outline {
    /// From the earliest to the latest moment; `None` where nothing is on it.
    pub fn times(&self) -> Option<(Time, Time)> {
        let timed = || self.spans.iter().filter(|span| span.to > Time(0));
        Some((timed().map(|span| span.from).min()?, timed().map(|span| span.to).max()?))
    }

    /// Number of the first event, and one more than that of the last.
    pub fn numbers(&self) -> std::ops::Range<u64> {
        let end = self.spans.last().map_or(1, Span::end);
        self.spans.first().map_or(1, |span| span.first)..end
    }

    /// The place of the batch that holds an event, or of the next one after a gap.
    pub fn holding(&self, number: u64) -> Option<usize> {
        let at = self.spans.partition_point(|span| span.end() <= number);
        (at < self.spans.len()).then_some(at)
    }

    /// The place of the batch with a memory from which `at` is reached.
    pub fn memory_before(&self, at: usize) -> Option<usize> {
        (0..=at.min(self.spans.len().checked_sub(1)?)).rev().find(|&at| self.spans[at].memory)
    }
}
