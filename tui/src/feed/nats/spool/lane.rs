//! The segments of one sort.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::super::super::item::Sort;
use super::super::message::Message;
use super::record;
use super::segment::{Facts, Segment};

/// What waits of one sort.
#[derive(Debug)]
pub(super) struct Lane {
    sort: Sort,
    /// When a new segment begins.
    size: u64,
    segments: VecDeque<Segment>,
    /// The file of the last one, while it is appended to.
    file: Option<File>,
    /// What has been read of the first.
    held: VecDeque<(u64, Message)>,
    /// What is being appended, and what comes of it.
    fresh: Fresh,
    /// The number of the last segment.
    last: u64,
    /// How many records were whole once and are no longer.
    pub(super) spoilt: u64,
}

#[derive(Debug, Default)]
struct Fresh {
    bytes: Vec<u8>,
    records: u64,
    facts: Option<Facts>,
    written: bool,
}

impl Lane {
    pub(super) fn new(sort: Sort, size: u64) -> Lane {
        let (segments, held) = (VecDeque::new(), VecDeque::new());
        Lane { sort, size, segments, file: None, held, fresh: Fresh::default(), last: 0, spoilt: 0 }
    }

    pub(super) fn sort(&self) -> Sort {
        self.sort
    }

    /// Takes over a segment that was there; one that has left is removed.
    pub(super) fn adopt(&mut self, segment: Segment) -> io::Result<()> {
        self.last = self.last.max(segment.number);
        if segment.left == 0 {
            return remove(&segment.path);
        }
        self.segments.push_back(segment);
        Ok(())
    }

    pub(super) fn records(&self) -> u64 {
        self.segments.iter().map(|segment| segment.left).sum()
    }

    pub(super) fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.bytes).sum()
    }

    pub(super) fn begin(&mut self) {
        self.fresh = Fresh::default();
    }

    pub(super) fn put(&mut self, place: u64, message: &Message) {
        record::write(&mut self.fresh.bytes, place, message);
        self.fresh.records += 1;
        self.fresh.facts = Some(Facts::with(self.fresh.facts.take(), message));
    }

    /// Writes what was put, into a new segment where the last is large enough.
    pub(super) fn write(&mut self, dir: &Path) -> io::Result<()> {
        if self.fresh.records == 0 {
            return Ok(());
        }
        let full = self.segments.back().is_none_or(|segment| segment.bytes >= self.size);
        if full || self.file.is_none() {
            let (segment, file) = Segment::create(dir, self.sort, self.last + 1)?;
            self.last += 1;
            self.segments.push_back(segment);
            self.file = Some(file);
        }
        self.fresh.written = true;
        let (Some(segment), Some(file)) = (self.segments.back(), &self.file) else { return Ok(()) };
        file.write_all_at(&self.fresh.bytes, segment.bytes)
    }

    /// Takes back what was written: the disk has no room for all of it.
    pub(super) fn undo(&mut self) {
        if let (true, Some(segment), Some(file)) = (self.fresh.written, self.segments.back(), &self.file)
            && file.set_len(segment.bytes).is_err()
        {
            // Nothing may come behind what does not stand whole.
            self.file = None;
        }
        self.fresh = Fresh::default();
    }

    /// What was written counts.
    pub(super) fn keep(&mut self) {
        let Fresh { bytes, records, facts, .. } = std::mem::take(&mut self.fresh);
        if let (Some(segment), Some(facts)) = (self.segments.back_mut(), facts) {
            segment.bytes += bytes.len() as u64;
            segment.left += records;
            let before = segment.facts.as_ref();
            let from = before.map_or(facts.from, |before| before.from.min(facts.from));
            let to = before.map_or(facts.to, |before| before.to.max(facts.to));
            segment.facts = Some(Facts { from, to, ..facts });
        }
    }

    /// Removes the oldest segment; how many waited in it, and what to tell of them.
    pub(super) fn drop_oldest(&mut self) -> Option<(u64, Option<Facts>)> {
        let segment = self.segments.pop_front()?;
        let held = usize::try_from(segment.held).unwrap_or(usize::MAX).min(self.held.len());
        self.held.drain(..held);
        if self.segments.is_empty() {
            self.file = None;
        }
        // One that cannot be removed is found again by the next run.
        let _ = remove(&segment.path);
        Some((segment.left, segment.facts))
    }

    /// The place of the message that is `at` behind the first, and reads as far as that needs.
    pub(super) fn place(&mut self, at: usize) -> io::Result<Option<u64>> {
        while self.held.len() <= at {
            let Some(segment) = self.segments.iter_mut().find(|segment| segment.read < segment.bytes) else { break };
            let before = segment.left;
            self.held.extend(segment.load()?);
            self.spoilt += before - segment.left;
        }
        Ok(self.held.get(at).map(|(place, _)| *place))
    }

    /// That message.
    pub(super) fn message(&self, at: usize) -> Option<&Message> {
        self.held.get(at).map(|(_, message)| message)
    }

    /// Lets go of everything before `place`.
    pub(super) fn leave(&mut self, place: u64) -> io::Result<()> {
        while self.place(0)?.is_some_and(|first| first < place) {
            self.held.pop_front();
            if let Some(segment) = self.segments.iter_mut().find(|segment| segment.held > 0) {
                segment.held -= 1;
                segment.left -= 1;
            }
        }
        while let Some(segment) = self.segments.pop_front_if(|segment| segment.left == 0) {
            if self.segments.is_empty() {
                self.file = None;
            }
            remove(&segment.path)?;
        }
        Ok(())
    }

    pub(super) fn sync(&self) -> io::Result<()> {
        self.file.as_ref().map_or(Ok(()), File::sync_data)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
