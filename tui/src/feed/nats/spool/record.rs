//! A message as bytes in a file, with what shows whether it is whole.
//!
//! `length` (4 bytes), `sum` (8 bytes, of what follows), then as long as `length` says: place, sort, flags, time, number,
//! run, node, boot, payload. Numbers are little-endian; texts and bytes stand after their length.

use std::sync::Arc;

use super::super::super::item::{Origin, Sort};
use super::super::message::Message;
use crate::model::Time;

/// What stands before each record.
pub(super) const HEAD: usize = 12;
/// The longest record that is believed in.
pub(super) const LONGEST: usize = 64 << 20;

const PACKED: u8 = 1;
const OF_SPOOL: u8 = 2;

/// Appends a record.
pub(super) fn write(out: &mut Vec<u8>, place: u64, message: &Message) {
    let start = out.len();
    out.extend_from_slice(&[0; HEAD]);
    out.extend_from_slice(&place.to_le_bytes());
    let flags = if message.packed { PACKED } else { 0 } | if message.of_spool { OF_SPOOL } else { 0 };
    out.extend_from_slice(&[message.sort as u8, flags]);
    let Origin { node, boot, run } = &*message.origin;
    for number in [message.time.0, message.number, *run] {
        out.extend_from_slice(&number.to_le_bytes());
    }
    for bytes in [node.as_bytes(), boot.as_bytes(), &message.payload] {
        out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend_from_slice(bytes);
    }
    let body = &out[start + HEAD..];
    let (length, sum) = (u32::try_from(body.len()).unwrap_or(u32::MAX), sum(body));
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
    out[start + 4..start + HEAD].copy_from_slice(&sum);
}

/// The place and the message at the beginning of `bytes`, and how long the record is; `None` where none stands whole.
pub(super) fn read(bytes: &[u8]) -> Option<(u64, Message, usize)> {
    let (head, rest) = bytes.split_at_checked(HEAD)?;
    let length = usize::try_from(u32::from_le_bytes(head[..4].try_into().ok()?)).ok()?;
    let body = rest.get(..length).filter(|_| length <= LONGEST)?;
    if head[4..] != sum(body) {
        return None;
    }
    let mut body = Body(body);
    let place = body.number()?;
    let &[sort, flags] = body.take(2)? else { return None };
    let sort = *Sort::ALL.get(usize::from(sort))?;
    let (time, number, run) = (Time(body.number()?), body.number()?, body.number()?);
    let (node, boot) = (body.text()?, body.text()?);
    let payload = body.bytes()?.to_vec();
    let (packed, of_spool) = (flags & PACKED != 0, flags & OF_SPOOL != 0);
    let origin = Arc::new(Origin { node, boot, run });
    Some((place, Message { sort, origin, number, time, of_spool, packed, payload }, HEAD + length))
}

/// Where the next record begins that stands whole, behind something that does not.
pub(super) fn next(bytes: &[u8]) -> Option<usize> {
    (1..bytes.len()).find(|&at| read(&bytes[at..]).is_some())
}

/// The records in `bytes`: place, message, and where each ends. What is none is passed over.
pub(super) fn all(bytes: &[u8]) -> Records<'_> {
    Records { bytes, at: 0, gaps: 0 }
}

/// See [`all`].
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    /// Where the last one that was given ends.
    pub(super) at: usize,
    /// How often something stood before a record that was none.
    pub(super) gaps: u64,
}

impl Iterator for Records<'_> {
    type Item = (u64, Message, usize);

    fn next(&mut self) -> Option<Self::Item> {
        let rest = &self.bytes[self.at..];
        let skipped = if read(rest).is_some() { 0 } else { next(rest)? };
        let (place, message, length) = read(&rest[skipped..])?;
        self.gaps += u64::from(skipped > 0);
        self.at += skipped + length;
        Some((place, message, self.at))
    }
}

pub(super) fn sum(body: &[u8]) -> [u8; 8] {
    let mut sum = [0; 8];
    sum.copy_from_slice(&blake3::hash(body).as_bytes()[..8]);
    sum
}

struct Body<'a>(&'a [u8]);

impl<'a> Body<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        Some(u64::from_le_bytes(self.take(8)?.try_into().ok()?))
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = u32::from_le_bytes(self.take(4)?.try_into().ok()?);
        self.take(usize::try_from(length).ok()?)
    }

    fn text(&mut self) -> Option<String> {
        Some(std::str::from_utf8(self.bytes()?).ok()?.to_owned())
    }
}
