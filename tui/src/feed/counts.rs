//! What became of what a feed was offered, in numbers that anybody may read at any time.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::item::Sort;
use super::queue::Depth;

/// Why something was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// There was no room for it while what came before could not be sent.
    QueueFull,
    /// It was taken there and refused for good.
    Refused,
    /// It had been taken, and was lost before it arrived: a spool that is full, or the like.
    Spool,
    /// The agent ended, or the other side did, before it could be sent.
    Ended,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Reason; 4] = [Reason::QueueFull, Reason::Refused, Reason::Spool, Reason::Ended];

    /// The word that metrics use.
    pub fn name(self) -> &'static str {
        match self {
            Reason::QueueFull => "queue_full",
            Reason::Refused => "refused",
            Reason::Spool => "spool_full",
            Reason::Ended => "ended",
        }
    }
}

/// The counters of a feed; none of them ever goes back.
#[derive(Debug, Default)]
pub struct Counts {
    queued: [AtomicU64; Sort::ALL.len()],
    sent: [AtomicU64; Sort::ALL.len()],
    lost: [[AtomicU64; Reason::ALL.len()]; Sort::ALL.len()],
    retried: AtomicU64,
    /// The last attempt was not taken.
    unwell: AtomicBool,
    /// The other side cannot be reached, though what is sent is taken, by a spool.
    away: AtomicBool,
    /// What the sink holds itself.
    held: Mutex<Option<Depth>>,
}

impl Counts {
    pub(super) fn queue(&self, sort: Sort) {
        self.queued[sort as usize].fetch_add(1, Relaxed);
    }

    pub(super) fn send(&self, sort: Sort) {
        self.sent[sort as usize].fetch_add(1, Relaxed);
    }

    pub(super) fn lose(&self, sort: Sort, reason: Reason) {
        self.lose_many(sort, reason, 1);
    }

    pub(super) fn lose_many(&self, sort: Sort, reason: Reason, count: u64) {
        self.lost[sort as usize][reason as usize].fetch_add(count, Relaxed);
    }

    pub(super) fn retry(&self) {
        self.retried.fetch_add(1, Relaxed);
    }

    pub(super) fn feel(&self, well: bool) {
        self.unwell.store(!well, Relaxed);
    }

    pub(super) fn reach(&self, reached: bool) {
        self.away.store(!reached, Relaxed);
    }

    pub(super) fn hold(&self, depth: Option<Depth>) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = depth;
    }

    /// What was taken and waits on disk; `None` where nothing ever does.
    pub fn held(&self) -> Option<Depth> {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the last attempt to send was taken, and the other side can be reached.
    pub fn is_well(&self) -> bool {
        !self.unwell.load(Relaxed) && !self.away.load(Relaxed)
    }

    /// What was taken into the queue.
    pub fn queued(&self, sort: Sort) -> u64 {
        self.queued[sort as usize].load(Relaxed)
    }

    /// What arrived, as far as the other side says.
    pub fn sent(&self, sort: Sort) -> u64 {
        self.sent[sort as usize].load(Relaxed)
    }

    /// What did not.
    pub fn lost(&self, sort: Sort, reason: Reason) -> u64 {
        self.lost[sort as usize][reason as usize].load(Relaxed)
    }

    /// What did not, of all sorts and for all reasons.
    pub fn lost_in_all(&self) -> u64 {
        self.lost.iter().flatten().map(|count| count.load(Relaxed)).sum()
    }

    /// How often something was sent once more.
    pub fn retried(&self) -> u64 {
        self.retried.load(Relaxed)
    }
}
