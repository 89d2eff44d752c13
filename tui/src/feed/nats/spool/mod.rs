//! What waits on disk while the bus is away: bounded, in order, and still there after a kill.
//!
//! Each sort has a lane of its own, a row of files (segments) to whose last is appended; a record has its place among all
//! lanes, so that what came first leaves first. What no longer fits is dropped by whole segments: the oldest of the least
//! important lane. How far everything has left stands in `done`; what was appended but not written whole is not there.

pub(super) mod fuzz;
mod lane;
mod record;
mod segment;

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use thiserror::Error;

use self::lane::Lane;
use self::segment::{Facts, Segment};
use super::super::item::Sort;
use super::super::press;
use super::super::queue::{Depth, Missing};
use super::message::Message;

/// What a batch may take beyond, until there is room again.
const SPARE: u64 = 1 << 20;
/// How large a segment becomes.
const SEGMENT: (u64, u64) = (64 << 10, 1 << 20);
/// Into how many segments at least a spool is divided.
const PARTS: u64 = 64;

/// Why there is no spool.
#[derive(Debug, Error)]
pub enum SpoolError {
    /// Another one is at work there.
    #[error("{} is the spool of another agent that runs", .0.display())]
    Busy(PathBuf),
    /// The system refuses something.
    #[error("cannot use {} as a spool: {}", .0.display(), .1)]
    Io(PathBuf, #[source] io::Error),
}

/// Messages that wait.
#[derive(Debug)]
pub struct Spool {
    dir: PathBuf,
    /// Bytes that all segments may have.
    room: u64,
    lanes: [Lane; Sort::ALL.len()],
    /// The place of the next message.
    next: u64,
    /// Everything before this place has left.
    done: u64,
    done_file: File,
    /// Held as long as this is.
    _lock: File,
    missing: Option<Missing>,
    lost: [u64; Sort::ALL.len()],
    torn: u64,
}

/// The first that wait.
#[derive(Debug, Default)]
pub struct Window {
    /// In their order.
    pub messages: Vec<Message>,
    /// For each the place after it: that far everything has left once it has.
    pub places: Vec<u64>,
}

impl Spool {
    /// The least that one may have.
    pub const LEAST: u64 = 4 << 20;

    /// Opens the one in `dir`, or makes it; its files take `size` bytes at most.
    ///
    /// # Errors
    /// When another process has it, or files cannot be read and written there.
    pub fn open(dir: &Path, size: u64) -> Result<Spool, SpoolError> {
        let failed = |error| SpoolError::Io(dir.to_owned(), error);
        DirBuilder::new().recursive(true).mode(0o700).create(dir).map_err(failed)?;
        let file = |name| {
            OpenOptions::new().read(true).write(true).create(true).truncate(false).mode(0o600).open(dir.join(name))
        };
        let lock = file("lock").map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => return Err(SpoolError::Busy(dir.to_owned())),
            Err(fs::TryLockError::Error(error)) => return Err(failed(error)),
        }
        let done_file = file("done").map_err(failed)?;
        let done = read_done(&done_file);
        let size = size.max(Spool::LEAST);
        let mut spool = Spool {
            dir: dir.to_owned(),
            room: size - SPARE,
            lanes: Sort::ALL.map(|sort| Lane::new(sort, (size / PARTS).clamp(SEGMENT.0, SEGMENT.1))),
            next: done,
            done,
            done_file,
            _lock: lock,
            missing: None,
            lost: [0; Sort::ALL.len()],
            torn: 0,
        };
        spool.find().map_err(failed)?;
        spool.fit();
        Ok(spool)
    }

    /// Finds what an earlier run left.
    fn find(&mut self) -> io::Result<()> {
        let mut found = Vec::new();
        for entry in fs::read_dir(&self.dir)? {
            found.extend(Segment::name(&entry?.path()));
        }
        found.sort_unstable_by_key(|(sort, number, _)| (*sort, *number));
        for (sort, number, path) in found {
            let scanned = Segment::scan(path, number, self.done)?;
            self.torn += u64::from(scanned.torn || scanned.gaps > 0);
            if let (true, Some(facts)) = (scanned.gaps > 0, scanned.segment.facts.clone()) {
                self.lost[sort as usize] += scanned.gaps;
                self.miss(sort, scanned.gaps, facts);
            }
            self.next = self.next.max(scanned.next);
            self.lanes[sort as usize].adopt(scanned.segment)?;
        }
        Ok(())
    }

    /// How many files are not made of records from one end to the other, as a kill or a fault of the disk leaves them.
    pub fn torn(&self) -> u64 {
        self.torn
    }

    /// How much waits.
    pub fn depth(&self) -> Depth {
        let items: u64 = self.lanes.iter().map(Lane::records).sum();
        let (bytes, items) = (usize::try_from(self.bytes()), usize::try_from(items));
        Depth { bytes: bytes.unwrap_or(usize::MAX), items: items.unwrap_or(usize::MAX) }
    }

    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.missing.is_none() && self.lanes.iter().all(|lane| lane.records() == 0)
    }

    /// The place that the next message gets.
    pub fn next(&self) -> u64 {
        self.next
    }

    fn bytes(&self) -> u64 {
        self.lanes.iter().map(Lane::bytes).sum()
    }

    /// Keeps messages, all or none of them; what no longer fits then is dropped.
    ///
    /// # Errors
    /// When the disk takes no more.
    pub fn append(&mut self, messages: &[Message]) -> io::Result<()> {
        self.store(messages)?;
        self.fit();
        Ok(())
    }

    fn store(&mut self, messages: &[Message]) -> io::Result<()> {
        let mut next = self.next;
        let mut taken = Ok(());
        for lane in &mut self.lanes {
            lane.begin();
        }
        for message in messages {
            self.lanes[message.sort as usize].put(next, message);
            next += 1;
        }
        for lane in &mut self.lanes {
            taken = taken.and_then(|()| lane.write(&self.dir));
        }
        if taken.is_err() {
            self.lanes.iter_mut().for_each(Lane::undo);
            return taken;
        }
        self.lanes.iter_mut().for_each(Lane::keep);
        self.next = next;
        Ok(())
    }

    /// Drops what has no room.
    fn fit(&mut self) {
        while self.bytes() > self.room {
            let Some(lane) = self.lanes.iter_mut().find(|lane| lane.bytes() > 0) else { break };
            let sort = lane.sort();
            let Some((segment, facts)) = lane.drop_oldest() else { continue };
            let Some(facts) = facts.filter(|_| segment > 0) else { continue };
            self.lost[sort as usize] += segment;
            self.miss(sort, segment, facts);
        }
    }

    /// Remembers to tell that `count` of `sort` are gone, of those whose facts these are.
    fn miss(&mut self, sort: Sort, count: u64, facts: Facts) {
        let missing = self.missing.get_or_insert_with(|| Missing {
            counts: [0; Sort::ALL.len()],
            from: facts.from,
            to: facts.to,
            origin: facts.origin.clone(),
            number: facts.number,
        });
        missing.counts[sort as usize] += count;
        (missing.from, missing.to) = (missing.from.min(facts.from), missing.to.max(facts.to));
        if missing.origin == facts.origin {
            missing.number = missing.number.max(facts.number);
        } else if missing.origin.run <= facts.origin.run {
            (missing.origin, missing.number) = (facts.origin, facts.number);
        }
    }

    /// How many were dropped, or (at least) went bad on the disk, since this was asked last, by sort.
    pub fn take_lost(&mut self) -> Vec<(Sort, u64)> {
        let mut lost = std::mem::take(&mut self.lost);
        for (lost, lane) in lost.iter_mut().zip(&mut self.lanes) {
            *lost += std::mem::take(&mut lane.spoilt);
        }
        Sort::ALL.into_iter().zip(lost).filter(|(_, count)| *count > 0).collect()
    }

    /// What waits longest: up to `items` messages and about `bytes` bytes. What was dropped is told after the rest, in the
    /// name of the feed `feed`.
    ///
    /// # Errors
    /// When the disk cannot be read.
    pub fn first(&mut self, items: usize, bytes: usize, feed: &str) -> io::Result<Window> {
        self.tell(feed)?;
        let mut window = Window::default();
        let (mut at, mut size) = ([0; Sort::ALL.len()], 0);
        while window.messages.len() < items.max(1) && (size < bytes || window.messages.is_empty()) {
            let mut first: Option<(u64, usize)> = None;
            for (lane, of) in self.lanes.iter_mut().enumerate() {
                if let Some(place) = of.place(at[lane])? {
                    first = Some(first.map_or((place, lane), |first| first.min((place, lane))));
                }
            }
            let Some((place, lane)) = first else { break };
            let Some(message) = self.lanes[lane].message(at[lane]) else { break };
            size += message.payload.len();
            window.messages.push(message.clone());
            window.places.push(place + 1);
            at[lane] += 1;
        }
        Ok(window)
    }

    /// Puts a message that tells what was dropped behind everything that waits.
    fn tell(&mut self, feed: &str) -> io::Result<()> {
        // Nothing has to go for this: there is room to spare.
        let Some(missing) = self.missing.take() else { return Ok(()) };
        let message = Message { of_spool: true, ..Message::of(&press::missing(&missing, feed)) };
        let told = self.store(&[message]);
        if told.is_err() {
            self.missing = Some(missing);
        }
        told
    }

    /// Says that everything before `place` has left.
    ///
    /// # Errors
    /// When that cannot be written down: then some of it leaves once more, should this process be killed.
    pub fn leave(&mut self, place: u64) -> io::Result<()> {
        self.done = self.done.max(place);
        for lane in &mut self.lanes {
            lane.leave(self.done)?;
        }
        write_done(&self.done_file, self.done)
    }

    /// Sees to it that all is on the disk, what was dropped too.
    ///
    /// # Errors
    /// When it is not.
    pub fn sync(&mut self, feed: &str) -> io::Result<()> {
        self.tell(feed)?;
        self.lanes.iter().try_for_each(Lane::sync)?;
        self.done_file.sync_data()
    }
}

/// 0 where it does not stand whole: then more leaves than had to.
fn read_done(file: &File) -> u64 {
    let mut bytes = [0; 16];
    let (place, sum) = match file.read_exact_at(&mut bytes, 0) {
        Ok(()) => bytes.split_at(8),
        Err(_) => return 0,
    };
    let place: [u8; 8] = place.try_into().unwrap_or_default();
    if blake3::hash(&place).as_bytes()[..8] == *sum { u64::from_le_bytes(place) } else { 0 }
}

fn write_done(file: &File, place: u64) -> io::Result<()> {
    let place = place.to_le_bytes();
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&place);
    bytes[8..].copy_from_slice(&blake3::hash(&place).as_bytes()[..8]);
    file.write_all_at(&bytes, 0)
}

#[cfg(test)]
mod tests;
