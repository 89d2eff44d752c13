//! One thing as it goes over the bus: packed where that pays, and with the name by which the bus knows it again.

use std::sync::Arc;

use super::super::item::{Origin, Outgoing, Sort};
use super::subject::Names;
use crate::model::Time;

/// Lines shorter than this are not packed.
const SHORT: usize = 512;
/// How hard it is packed.
const LEVEL: i32 = 3;
/// The longest line that is unpacked: more than any that is made.
const LONGEST: usize = 16 << 20;

/// One message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is.
    pub sort: Sort,
    /// Where it comes from.
    pub origin: Arc<Origin>,
    /// Its number within the run.
    pub number: u64,
    /// When it happened.
    pub time: Time,
    /// That it tells what the spool had no room for: it has the number of the last of that, but a name of its own.
    pub of_spool: bool,
    /// Whether `payload` is packed with zstd.
    pub packed: bool,
    /// The line, packed or not.
    pub payload: Vec<u8>,
}

impl Message {
    /// A thing that leaves, as a message.
    pub fn of(item: &Outgoing) -> Message {
        let line = item.line.as_bytes();
        let smaller = (line.len() >= SHORT)
            .then(|| zstd::bulk::compress(line, LEVEL).ok())
            .flatten()
            .filter(|packed| packed.len() < line.len() - line.len() / 8);
        Message {
            sort: item.sort,
            origin: Arc::clone(&item.origin),
            number: item.number,
            time: item.time,
            of_spool: false,
            packed: smaller.is_some(),
            payload: smaller.unwrap_or_else(|| line.to_vec()),
        }
    }

    /// By what the bus knows it again: `<node>-<boot>-<run>-<number>`. Nodes that are containers of one kernel, as those of
    /// kind are, share its boot, and may start their agents in the same millisecond.
    pub fn id(&self) -> String {
        let Origin { node, boot, run } = &*self.origin;
        let what = if self.of_spool { "-spool" } else { "" };
        format!("{}-{}-{run}-{}{what}", super::token(node), super::token(boot), self.number)
    }

    /// Where it goes.
    pub fn subject(&self, names: &Names) -> String {
        names.subject(&self.origin.node, self.sort)
    }

    /// Its line; `None` where it is none.
    pub fn line(&self) -> Option<Vec<u8>> {
        unpacked(&self.payload, self.packed)
    }
}

/// The line in a payload; `None` where it does not unpack, or to more than any line has.
pub(super) fn unpacked(payload: &[u8], packed: bool) -> Option<Vec<u8>> {
    if !packed {
        return Some(payload.to_vec());
    }
    let size = zstd::zstd_safe::get_frame_content_size(payload).ok().flatten()?;
    let size = usize::try_from(size).ok().filter(|size| *size <= LONGEST)?;
    zstd::bulk::decompress(payload, size).ok()
}
