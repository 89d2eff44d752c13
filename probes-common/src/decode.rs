//! From bytes to records, for any bytes.

use core::fmt;

use crate::cgroup::Move;
use crate::exec::Exec;
use crate::exit::Exit;
use crate::fork::Fork;
use crate::header::{Header, Kind};
use crate::net::{Net, NetOp, Transport};
use crate::wire::{Field, Reader};

/// Why bytes are not a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeError {
    /// Fewer bytes than the record says, or than its kind needs.
    Truncated {
        /// Bytes needed.
        need: usize,
        /// Bytes there.
        have: usize,
    },
    /// A kind that this reader does not know.
    UnknownKind(u16),
    /// A socket operation that this reader does not know.
    UnknownOp(u16),
    /// The lengths of the parts do not add up to the length of the record.
    Lengths {
        /// Length of the record.
        record: usize,
        /// Sum of its parts.
        parts: usize,
    },
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Truncated { need, have } => write!(f, "record cut short: {have} bytes of {need}"),
            DecodeError::UnknownKind(kind) => write!(f, "unknown record kind {kind}"),
            DecodeError::UnknownOp(op) => write!(f, "unknown socket operation {op}"),
            DecodeError::Lengths { record, parts } => {
                write!(f, "record of {record} bytes, but its parts add up to {parts}")
            }
        }
    }
}

impl core::error::Error for DecodeError {}

/// A decoded record, borrowing its variable parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Record<'a> {
    /// A process was made; the cgroup's path as components, the last first, each ended by a NUL.
    Fork(Fork, &'a [u8]),
    /// A process ran a program.
    Exec(Exec, Parts<'a>),
    /// A process ended.
    Exit(Exit),
    /// A process was moved; the cgroup's path likewise.
    Move(Move, &'a [u8]),
    /// Something happened to a socket.
    Net(Net, NetOp, Transport),
}

impl Record<'_> {
    /// What every record begins with.
    pub fn header(&self) -> &Header {
        match self {
            Record::Fork(fork, _) => &fork.header,
            Record::Exec(exec, _) => &exec.header,
            Record::Exit(exit) => &exit.header,
            Record::Move(moved, _) => &moved.header,
            Record::Net(net, ..) => &net.header,
        }
    }
}

/// The variable parts of an exec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The cgroup's path: components, the last first, each ended by a NUL.
    pub cgroup: &'a [u8],
    /// The image's path, likewise.
    pub exe: &'a [u8],
    /// The path as given, without a NUL.
    pub given: &'a [u8],
    /// The working directory: components, the last first, each ended by a NUL.
    pub cwd: &'a [u8],
    /// The terminal's name, without a NUL.
    pub tty: &'a [u8],
    /// The arguments, each ended by a NUL but a cut last one.
    pub argv: &'a [u8],
}

/// Reads one record. Bytes after its length are ignored (the ring pads to 8).
///
/// # Errors
/// [`DecodeError`] says what is wrong; nothing else is done with the bytes.
pub fn decode(bytes: &[u8]) -> Result<Record<'_>, DecodeError> {
    let header: Header = read(bytes)?;
    let len = header.len as usize;
    let record = bytes.get(..len).ok_or(DecodeError::Truncated { need: len, have: bytes.len() })?;
    let kind = Kind::from_number(header.kind).ok_or(DecodeError::UnknownKind(header.kind))?;
    let tail = record.get(kind.fixed_len()..).ok_or(DecodeError::Truncated { need: kind.fixed_len(), have: len })?;
    let lengths = |parts: usize| DecodeError::Lengths { record: len, parts: kind.fixed_len() + parts };
    match kind {
        Kind::Fork => {
            let fork: Fork = read(record)?;
            whole(tail, fork.cgroup_len).map(|path| Record::Fork(fork, path)).ok_or(lengths(fork.cgroup_len.into()))
        }
        Kind::Exec => {
            let exec: Exec = read(record)?;
            let sum = [exec.cgroup_len, exec.exe_len, exec.given_len, exec.cwd_len, exec.tty_len, exec.argv_len]
                .iter()
                .map(|&len| usize::from(len))
                .sum();
            parts(&exec, tail).map(|parts| Record::Exec(exec, parts)).ok_or(lengths(sum))
        }
        Kind::Exit => Ok(Record::Exit(read(record)?)),
        Kind::Move => {
            let moved: Move = read(record)?;
            whole(tail, moved.cgroup_len).map(|path| Record::Move(moved, path)).ok_or(lengths(moved.cgroup_len.into()))
        }
        Kind::Tcp | Kind::Udp => {
            let net: Net = read(record)?;
            let op = NetOp::from_number(net.op).ok_or(DecodeError::UnknownOp(net.op))?;
            Ok(Record::Net(net, op, if kind == Kind::Tcp { Transport::Tcp } else { Transport::Udp }))
        }
    }
}

fn read<T: Field>(bytes: &[u8]) -> Result<T, DecodeError> {
    T::read(&mut Reader(bytes)).ok_or(DecodeError::Truncated { need: size_of::<T>(), have: bytes.len() })
}

fn whole(tail: &[u8], len: u16) -> Option<&[u8]> {
    (tail.len() == usize::from(len)).then_some(tail)
}

fn parts<'a>(exec: &Exec, tail: &'a [u8]) -> Option<Parts<'a>> {
    let mut reader = Reader(tail);
    let mut next = |len: u16| reader.take(len.into());
    let parts = Parts {
        cgroup: next(exec.cgroup_len)?,
        exe: next(exec.exe_len)?,
        given: next(exec.given_len)?,
        cwd: next(exec.cwd_len)?,
        tty: next(exec.tty_len)?,
        argv: next(exec.argv_len)?,
    };
    reader.0.is_empty().then_some(parts)
}
