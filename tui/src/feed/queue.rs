//! A queue with an end: who puts something in never waits, and what finds no place is counted and told.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::Notify;

use super::counts::{Counts, Reason};
use super::item::{Origin, Outgoing, Sort};
use crate::model::Time;

/// How much may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes of lines.
    pub bytes: usize,
    /// Lines.
    pub items: usize,
}

impl Default for Room {
    fn default() -> Room {
        Room { bytes: 16 << 20, items: 65_536 }
    }
}

/// How much waits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Bytes of lines.
    pub bytes: usize,
    /// Lines.
    pub items: usize,
}

/// Things of one feed that wait. What leaves first is what came first; what is dropped first is the oldest of the least
/// important sort, so that findings are last to go.
#[derive(Debug)]
pub(super) struct Queue {
    inner: Mutex<Inner>,
    changed: Notify,
    room: Room,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Inner {
    waiting: [VecDeque<Arc<Outgoing>>; Sort::ALL.len()],
    depth: Depth,
    missing: Option<Missing>,
    /// When it is given up, once nothing more comes.
    end: Option<Instant>,
}

/// What found no place since that was told last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Missing {
    pub(super) counts: [u64; Sort::ALL.len()],
    pub(super) from: Time,
    pub(super) to: Time,
    pub(super) origin: Arc<Origin>,
    /// The number of the last one: what tells of it takes that.
    pub(super) number: u64,
}

/// What is taken out at once.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) missing: Option<Missing>,
    pub(super) items: Vec<Arc<Outgoing>>,
}

impl Queue {
    pub(super) fn new(room: Room, counts: Arc<Counts>) -> Queue {
        Queue { inner: Mutex::default(), changed: Notify::new(), room, counts }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn depth(&self) -> Depth {
        self.lock().depth
    }

    /// Puts something in.
    pub(super) fn push(&self, item: Arc<Outgoing>) {
        let mut inner = self.lock();
        if inner.end.is_some() {
            self.counts.lose(item.sort, Reason::Ended);
            return;
        }
        self.counts.queue(item.sort);
        inner.depth.items += 1;
        inner.depth.bytes += item.line.len();
        inner.waiting[item.sort as usize].push_back(item);
        while inner.depth.items > self.room.items || inner.depth.bytes > self.room.bytes {
            let Some(dropped) = inner.least() else { break };
            self.counts.lose(dropped.sort, Reason::QueueFull);
            inner.miss(&dropped);
        }
        drop(inner);
        self.changed.notify_one();
    }

    /// What came first, as much as fits; waits for something. `None` when nothing more comes.
    pub(super) async fn take(&self, items: usize, bytes: usize) -> Option<Taken> {
        loop {
            {
                let mut inner = self.lock();
                let taken = inner.first(items, bytes);
                if taken.missing.is_some() || !taken.items.is_empty() {
                    return Some(taken);
                }
                if inner.end.is_some() {
                    return None;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Says that nothing more comes, and when what is left is given up.
    pub(super) fn close(&self, end: Instant) {
        self.lock().end = Some(end);
        self.changed.notify_one();
    }

    pub(super) fn end(&self) -> Option<Instant> {
        self.lock().end
    }

    /// Gives up what is left, and takes nothing more.
    pub(super) fn give_up(&self) {
        let mut inner = self.lock();
        inner.end = inner.end.or(Some(Instant::now()));
        while let Some(item) = inner.least() {
            self.counts.lose(item.sort, Reason::Ended);
        }
        inner.missing = None;
    }
}

impl Inner {
    /// Takes out the oldest of the least important.
    fn least(&mut self) -> Option<Arc<Outgoing>> {
        let item = self.waiting.iter_mut().find_map(VecDeque::pop_front)?;
        self.left(&item);
        Some(item)
    }

    fn left(&mut self, item: &Outgoing) {
        self.depth.items -= 1;
        self.depth.bytes -= item.line.len();
    }

    fn miss(&mut self, item: &Outgoing) {
        let missing = self.missing.get_or_insert_with(|| Missing {
            counts: [0; Sort::ALL.len()],
            from: item.time,
            to: item.time,
            origin: Arc::clone(&item.origin),
            number: item.number,
        });
        missing.counts[item.sort as usize] += 1;
        (missing.from, missing.to) = (missing.from.min(item.time), missing.to.max(item.time));
        missing.number = missing.number.max(item.number);
    }

    fn first(&mut self, items: usize, bytes: usize) -> Taken {
        let mut taken = Taken { missing: self.missing.take(), items: Vec::new() };
        let mut size = 0;
        while taken.items.len() < items.max(1) {
            let fronts = self.waiting.iter().enumerate().filter_map(|(at, of)| Some((of.front()?.number, at)));
            let Some((_, at)) = fronts.min() else { break };
            let fits = |item: &mut Arc<Outgoing>| taken.items.is_empty() || size + item.line.len() <= bytes;
            let Some(item) = self.waiting[at].pop_front_if(fits) else { break };
            self.left(&item);
            size += item.line.len();
            taken.items.push(item);
        }
        taken
    }
}
