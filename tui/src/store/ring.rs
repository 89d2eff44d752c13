//! The last minutes, kept in memory: what a recording that is asked for later begins with.

use std::collections::VecDeque;
use std::sync::Arc;

use super::batch::{Batch, Found, Packed};
use super::note::Notes;
use crate::model::{Event, Loss};

/// Findings kept whatever becomes of the events.
const FINDINGS: usize = 10_000;
/// Losses kept.
const LOSSES: usize = 1_000;

/// Packed batches up to a size. Each segment begins with a memory, and leaves as a whole.
#[derive(Clone, Debug, Default)]
pub struct Ring {
    segments: VecDeque<Vec<Arc<Packed>>>,
    /// What was found since the start, oldest first.
    found: VecDeque<Found>,
    losses: VecDeque<Loss>,
    bytes: usize,
    limit: usize,
    /// What was written beside it.
    pub notes: Notes,
}

impl Ring {
    /// An empty one that takes no more than about `limit` bytes; the newest segment always stays.
    pub fn new(limit: usize) -> Ring {
        Ring { limit, ..Ring::default() }
    }

    /// Takes in a batch, and lets go of the oldest segments where that is too much.
    pub fn push(&mut self, packed: Arc<Packed>, batch: &Batch) {
        self.bytes += packed.size();
        self.found.extend(batch.found.iter().cloned());
        let many = self.found.len().saturating_sub(FINDINGS);
        self.found.drain(..many);
        let losses =
            batch.events.iter().filter_map(|event| if let Event::Loss(loss) = event { Some(loss) } else { None });
        self.losses.extend(losses.cloned());
        let many = self.losses.len().saturating_sub(LOSSES);
        self.losses.drain(..many);
        match self.segments.back_mut().filter(|_| packed.memory.is_none()) {
            Some(segment) => segment.push(packed),
            None => self.segments.push_back(vec![packed]),
        }
        while self.bytes > self.limit && self.segments.len() > 1 {
            let gone = self.segments.pop_front().unwrap_or_default();
            self.bytes -= gone.iter().map(|packed| packed.size()).sum::<usize>();
        }
    }

    /// Its batches, oldest first.
    pub fn batches(&self) -> Vec<Arc<Packed>> {
        self.segments.iter().flatten().cloned().collect()
    }

    /// What was found since the start, also of what is no longer there.
    pub fn found(&self) -> impl Iterator<Item = &Found> {
        self.found.iter()
    }

    /// What was lost.
    pub fn losses(&self) -> impl Iterator<Item = &Loss> {
        self.losses.iter()
    }

    /// Bytes of all batches.
    pub fn size(&self) -> usize {
        self.bytes
    }
}
