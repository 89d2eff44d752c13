//! One file of a lane.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::super::item::{Origin, Sort};
use super::super::message::Message;
use super::record;
use crate::model::Time;

/// How the names of the files end.
const ENDING: &str = "spool";

/// A file of records.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) number: u64,
    pub(super) path: PathBuf,
    /// How long it is.
    pub(super) bytes: u64,
    /// Up to where it has been read, or has left.
    pub(super) read: u64,
    /// How many of its records wait.
    pub(super) left: u64,
    /// How many of these have been read.
    pub(super) held: u64,
    pub(super) facts: Option<Facts>,
}

/// What is told of records when they are dropped.
#[derive(Clone, Debug)]
pub(super) struct Facts {
    pub(super) from: Time,
    pub(super) to: Time,
    pub(super) origin: Arc<Origin>,
    pub(super) number: u64,
}

/// What stood in a file.
pub(super) struct Scanned {
    pub(super) segment: Segment,
    /// That something stands at its end that is no record.
    pub(super) torn: bool,
    /// How often something stands before a record that is none: for each, one record at least is lost.
    pub(super) gaps: u64,
    /// The place after its last.
    pub(super) next: u64,
}

impl Facts {
    /// Those of `message` too.
    pub(super) fn with(facts: Option<Facts>, message: &Message) -> Facts {
        let Message { time, origin, number, .. } = message;
        let (from, to) = facts.map_or((*time, *time), |facts| (facts.from.min(*time), facts.to.max(*time)));
        Facts { from, to, origin: Arc::clone(origin), number: *number }
    }
}

impl Segment {
    /// The lane and the number that the name of a file says; `None` for files of others.
    pub(super) fn name(path: &Path) -> Option<(Sort, u64, PathBuf)> {
        let name = path.file_name()?.to_str()?.strip_suffix(ENDING)?.strip_suffix('.')?;
        let (sort, number) = name.split_once('-')?;
        let sort = Sort::ALL.into_iter().find(|known| known.name() == sort)?;
        Some((sort, number.parse().ok()?, path.to_owned()))
    }

    /// A new file.
    pub(super) fn create(dir: &Path, sort: Sort, number: u64) -> io::Result<(Segment, File)> {
        let path = dir.join(format!("{}-{number:020}.{ENDING}", sort.name()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path)?;
        Ok((Segment { number, path, bytes: 0, read: 0, left: 0, held: 0, facts: None }, file))
    }

    /// Looks through a file that an earlier run left; what stands before the place `done` has left.
    pub(super) fn scan(path: PathBuf, number: u64, done: u64) -> io::Result<Scanned> {
        let content = fs::read(&path)?;
        let mut segment = Segment { number, path, bytes: 0, read: 0, left: 0, held: 0, facts: None };
        let (mut records, mut next) = (record::all(&content), 0);
        for (place, message, end) in records.by_ref() {
            next = place + 1;
            if place < done {
                segment.read = end as u64;
                continue;
            }
            segment.left += 1;
            segment.facts = Some(Facts::with(segment.facts.take(), &message));
        }
        segment.bytes = records.at as u64;
        let (gaps, torn) = (records.gaps, records.at < content.len());
        Ok(Scanned { segment, torn, gaps, next })
    }

    /// The records that have not been read yet. What is none is passed over.
    pub(super) fn load(&mut self) -> io::Result<Vec<(u64, Message)>> {
        let mut content = vec![0; usize::try_from(self.bytes - self.read).unwrap_or_default()];
        File::open(&self.path)?.read_exact_at(&mut content, self.read)?;
        let found: Vec<_> = record::all(&content).map(|(place, message, _)| (place, message)).collect();
        self.read = self.bytes;
        self.held += found.len() as u64;
        self.left = self.left.min(self.held);
        Ok(found)
    }
}
