//! The last events, kept as they came and formatted only where visible.

use std::collections::VecDeque;

use crate::model::{Event, Kind, ProcessId, Told};

/// Events kept.
pub const KEPT: usize = 2_000;

/// A bounded ring of events; each has a number that never changes.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    ring: VecDeque<Event>,
    /// Number of the next event.
    next: u64,
    /// Events after those that are kept, which are only counted: see [`Stream::hold`].
    later: u64,
}

impl Stream {
    /// Takes in an event, unless it belongs to the first look at the node, which is no news.
    pub fn push(&mut self, event: Event) {
        if !tells(&event) {
            return;
        }
        if self.ring.len() >= KEPT {
            self.ring.pop_front();
        }
        self.ring.push_back(event);
        self.next += 1;
    }

    /// Number of the oldest event that is kept.
    pub fn first(&self) -> u64 {
        self.last() - self.ring.len() as u64
    }

    /// One more than the number of the newest event that is kept.
    fn last(&self) -> u64 {
        self.next - self.later
    }

    /// A copy that stays as it is, for whoever reads in it while the rest goes on: in a storm the events that are kept
    /// are those of less than a second.
    pub(super) fn hold(&self) -> Stream {
        self.clone()
    }

    /// Counts what came after a copy was made of `live`.
    pub(super) fn behind(&mut self, live: &Stream) {
        self.later += live.next.saturating_sub(self.next);
        self.next = self.next.max(live.next);
    }

    /// One more than the number of the newest event.
    pub fn end(&self) -> u64 {
        self.next
    }

    /// An event by its number.
    pub fn get(&self, number: u64) -> Option<&Event> {
        let at = usize::try_from(number.checked_sub(self.first())?).ok()?;
        self.ring.get(at)
    }

    /// How many events are kept.
    pub fn len(&self) -> usize {
        self.ring.len()
    }

    /// The events, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Event> {
        self.ring.iter()
    }

    /// True when there is nothing to show.
    pub fn is_empty(&self) -> bool {
        self.ring.is_empty()
    }
}

/// False for what belongs to the first look at the node, which is no news.
pub(super) fn tells(event: &Event) -> bool {
    match event {
        Event::Boot(_) | Event::Posture(_) => false,
        Event::Process(event) => !matches!(event.kind, Kind::Seen(_)),
        Event::Names(names) => matches!(names.told, Told::Answer(_)),
        Event::Container(_) | Event::Loss(_) | Event::Status(_) => true,
    }
}

/// Which process an event is about.
pub fn process_of(event: &Event) -> Option<ProcessId> {
    match event {
        Event::Process(event) => Some(event.process),
        _ => None,
    }
}

/// Where the user looks in the stream; by default at its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// The event that is marked, once the user moved in the stream.
    pub cursor: Option<u64>,
    /// The event on the last line; `None` follows the newest.
    pub bottom: Option<u64>,
}

impl Look {
    /// The numbers of the events on `height` lines.
    pub fn window(&self, stream: &Stream, height: usize) -> std::ops::Range<u64> {
        let height = height as u64;
        let end = self.bottom.map_or(stream.last(), |bottom| bottom + 1).min(stream.last());
        let end = end.max((stream.first() + height).min(stream.last()));
        end.saturating_sub(height).max(stream.first())..end
    }

    /// Moves the mark by `by` lines and keeps it in sight; past the newest it follows again.
    pub(super) fn step(&mut self, stream: &Stream, height: usize, by: i64) {
        if stream.is_empty() {
            return;
        }
        let newest = stream.last() - 1;
        let at = self.cursor.unwrap_or(newest).clamp(stream.first(), newest);
        let to = at.saturating_add_signed(by).max(stream.first());
        if to > newest || (to == newest && by > 0) {
            *self = Look::default();
            return;
        }
        let window = self.window(stream, height);
        self.cursor = Some(to);
        if to < window.start {
            self.bottom = Some(to + (height as u64).max(1) - 1);
        } else if to >= window.end {
            self.bottom = Some(to);
        } else {
            self.bottom = Some(window.end - 1);
        }
    }

    /// Scrolls by `by` lines; at the end it follows again.
    pub(super) fn scroll(&mut self, stream: &Stream, height: usize, by: i64) {
        let end = self.window(stream, height).end.saturating_add_signed(by);
        let lowest = (stream.first() + height as u64).min(stream.last());
        if end >= stream.last() {
            *self = Look::default();
        } else {
            self.bottom = Some(end.max(lowest).saturating_sub(1));
        }
    }
}
