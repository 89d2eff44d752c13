//! A batch: what happened between two moments, and how it is packed.
//!
//! The events are MessagePack, compressed with Zstandard. Structs are arrays of their fields in order, so that a field
//! can be appended; variants go by their names.

use std::collections::HashMap;
use std::io::{BufWriter, Write};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::detect::Entry;
use crate::model::{
    Boot, Cgroup, ContainerNews, Event, Kind, Loss, Memory, Names, Posture, ProcessEvent, ProcessId, Status, Time,
};

/// Level of compression: the fastest, which gives most of what there is to win.
const LEVEL: i32 = 1;
/// Bytes that are handed to the compressor at once.
const CHUNK: usize = 1 << 16;
/// Most bytes that a batch or a memory is unpacked to: a damaged or hostile file must not fill the memory.
const LARGEST: usize = 1 << 30;

/// What happened between two moments.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// Number of the first event: the stream counts from 1.
    pub first: u64,
    /// What happened.
    pub events: Vec<Event>,
    /// What was found meanwhile.
    pub found: Vec<Found>,
    /// What the model knew before the first event, in some batches: from there, a moment can be gone to.
    pub memory: Option<Memory>,
    /// Batches that were let go to keep within the limits: the first and the last number of each stretch.
    pub pruned: Vec<(u64, u64)>,
}

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// Number of the event that brought it to light.
    pub at: u64,
    /// What.
    pub entry: Entry,
}

/// A packed batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Packed {
    /// As [`Batch::first`].
    pub first: u64,
    /// How many events there are.
    pub count: u64,
    /// Time of the earliest event.
    pub from: Time,
    /// Time of the latest event.
    pub to: Time,
    /// The events and what was found, packed.
    pub events: Vec<u8>,
    /// The memory, packed.
    pub memory: Option<Vec<u8>>,
}

impl Packed {
    /// Packs a batch.
    pub fn pack(batch: &Batch) -> Packed {
        let times = || batch.events.iter().map(Event::time).filter(|time| *time > Time(0));
        Packed {
            first: batch.first,
            count: batch.events.len() as u64,
            from: times().min().unwrap_or_default(),
            to: times().max().unwrap_or_default(),
            events: squeeze(&Written::of(batch)),
            memory: batch.memory.as_ref().map(squeeze),
        }
    }

    /// Bytes that it takes.
    pub fn size(&self) -> usize {
        self.events.len() + self.memory.as_ref().map_or(0, Vec::len)
    }

    /// One more than the number of its last event; however large numbers in a damaged file are.
    pub(super) fn end(&self) -> u64 {
        self.first.saturating_add(self.count)
    }

    /// Its events and what was found; without the memory.
    ///
    /// # Errors
    /// When the bytes are not those of a batch.
    pub fn unpack(&self) -> Result<Batch, StoreError> {
        let batch = self.opened()?;
        if batch.events.len() as u64 != self.count {
            return Err(self.damaged(format!("{} events where {} were announced", batch.events.len(), self.count)));
        }
        Ok(batch)
    }

    /// As [`Packed::unpack`], with the memory.
    pub(super) fn whole(&self) -> Result<Batch, StoreError> {
        Ok(Batch { memory: self.memory()?, ..self.unpack()? })
    }

    /// As [`Packed::unpack`], however many events there are.
    pub(super) fn opened(&self) -> Result<Batch, StoreError> {
        let read: Read = self.expand(&self.events)?;
        let mut events = Vec::with_capacity(read.events.len());
        for line in read.events {
            events.push(line.event(&read.cgroups).ok_or_else(|| self.damaged("a cgroup is not there"))?);
        }
        Ok(Batch { first: self.first, events, found: read.found, memory: None, pruned: read.pruned })
    }

    /// What the model knew before the first event, where that was kept.
    ///
    /// # Errors
    /// When the bytes are not those of a memory.
    pub fn memory(&self) -> Result<Option<Memory>, StoreError> {
        self.memory.as_ref().map(|bytes| self.expand(bytes)).transpose()
    }

    fn expand<T: for<'a> Deserialize<'a>>(&self, bytes: &[u8]) -> Result<T, StoreError> {
        let size = zstd::zstd_safe::get_frame_content_size(bytes).ok().flatten().unwrap_or(0);
        let size = usize::try_from(size).ok().filter(|size| *size <= LARGEST);
        let size = size.ok_or_else(|| self.damaged("it is too large"))?;
        let plain = zstd::bulk::decompress(bytes, size).map_err(|error| self.damaged(error))?;
        rmp_serde::from_slice(&plain).map_err(|error| self.damaged(error))
    }

    fn damaged(&self, why: impl ToString) -> StoreError {
        StoreError::Damaged { number: self.first, why: why.to_string() }
    }
}

/// No step can fail: the types have no maps with odd keys, and memory is what there is. What is packed never stands there
/// unpacked as a whole: of a large model that would be more than the model.
fn squeeze(what: &impl Serialize) -> Vec<u8> {
    let mut size = Counted(0);
    let mut packed = Vec::new();
    let done = rmp_serde::encode::write(&mut size, what).map_err(std::io::Error::other).and_then(|()| {
        let mut encoder = zstd::Encoder::new(&mut packed, LEVEL)?;
        encoder.set_pledged_src_size(Some(size.0))?;
        let mut buffered = BufWriter::with_capacity(CHUNK, encoder);
        rmp_serde::encode::write(&mut buffered, what).map_err(std::io::Error::other)?;
        buffered.into_inner().map_err(std::io::IntoInnerError::into_error)?.finish().map(drop)
    });
    match done {
        Ok(()) => packed,
        Err(_) => Vec::new(),
    }
}

/// Bytes that were written.
struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Cgroups stand once in a batch; events name them by number.
#[derive(Serialize)]
struct Written<'a> {
    cgroups: Vec<&'a Cgroup>,
    events: Vec<WrittenLine<'a>>,
    found: &'a [Found],
    pruned: &'a [(u64, u64)],
}

#[derive(Serialize)]
enum WrittenLine<'a> {
    Boot(&'a Boot),
    Process(Time, ProcessId, u32, Option<u32>, &'a Kind),
    Container(&'a ContainerNews),
    Names(&'a Names),
    Posture(&'a Posture),
    Loss(&'a Loss),
    Status(&'a Status),
}

impl<'a> Written<'a> {
    fn of(batch: &'a Batch) -> Written<'a> {
        let (mut cgroups, mut places) = (Vec::new(), HashMap::new());
        let mut place = |cgroup: &'a Arc<Cgroup>| {
            *places.entry(Arc::as_ptr(cgroup)).or_insert_with(|| {
                cgroups.push(cgroup.as_ref());
                cgroups.len() as u32 - 1
            })
        };
        let line = |event: &'a Event| match event {
            Event::Boot(boot) => WrittenLine::Boot(boot),
            Event::Process(it) => {
                WrittenLine::Process(it.time, it.process, it.tid, it.cgroup.as_ref().map(&mut place), &it.kind)
            }
            Event::Container(news) => WrittenLine::Container(news),
            Event::Names(names) => WrittenLine::Names(names),
            Event::Posture(posture) => WrittenLine::Posture(posture),
            Event::Loss(loss) => WrittenLine::Loss(loss),
            Event::Status(status) => WrittenLine::Status(status),
        };
        let events = batch.events.iter().map(line).collect();
        Written { cgroups, events, found: &batch.found, pruned: &batch.pruned }
    }
}

#[derive(Deserialize)]
struct Read {
    cgroups: Vec<Arc<Cgroup>>,
    events: Vec<ReadLine>,
    found: Vec<Found>,
    pruned: Vec<(u64, u64)>,
}

#[derive(Deserialize)]
enum ReadLine {
    Boot(Boot),
    Process(Time, ProcessId, u32, Option<u32>, Kind),
    Container(ContainerNews),
    Names(Box<Names>),
    Posture(Box<Posture>),
    Loss(Loss),
    Status(Status),
}

impl ReadLine {
    fn event(self, cgroups: &[Arc<Cgroup>]) -> Option<Event> {
        Some(match self {
            ReadLine::Boot(boot) => Event::Boot(boot),
            ReadLine::Process(time, process, tid, cgroup, kind) => {
                let cgroup = match cgroup {
                    Some(number) => Some(Arc::clone(cgroups.get(number as usize)?)),
                    None => None,
                };
                Event::Process(ProcessEvent { time, process, tid, cgroup, kind })
            }
            ReadLine::Container(news) => Event::Container(news),
            ReadLine::Names(names) => Event::Names(names),
            ReadLine::Posture(posture) => Event::Posture(posture),
            ReadLine::Loss(loss) => Event::Loss(loss),
            ReadLine::Status(status) => Event::Status(status),
        })
    }
}
