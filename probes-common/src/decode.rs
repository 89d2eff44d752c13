//! From bytes to records, for any bytes.

use core::fmt;

use crate::act::{Act, ActOp};
use crate::answer::Answer;
use crate::cgroup::Move;
use crate::descriptor::Redirect;
use crate::exec::Exec;
use crate::exit::Exit;
use crate::file::Open;
use crate::fork::Fork;
use crate::header::{Header, Kind};
use crate::net::{Net, NetOp, Transport};
use crate::signal::Signal;
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
#[expect(
    clippy::large_enum_variant,
    reason = "one lives at a time, on the stack of the reader; nothing is allocated here"
)]
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
    /// A standard stream leads elsewhere.
    Redirect(Redirect),
    /// A file was opened.
    Open(Open, OpenParts<'a>),
    /// Something else was asked of the kernel.
    Act(Act, ActOp, ActParts<'a>),
    /// A name server answered, and what it said.
    Answer(Answer, &'a [u8]),
    /// A process sent a signal to the observer.
    Signal(Signal),
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
            Record::Redirect(redirect) => &redirect.header,
            Record::Open(open, _) => &open.header,
            Record::Act(act, ..) => &act.header,
            Record::Answer(answer, _) => &answer.header,
            Record::Signal(signal) => &signal.header,
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

/// The variable parts of an open: as [`Open`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenParts<'a> {
    /// The path.
    pub path: &'a [u8],
    /// The path within the file system.
    pub inside: &'a [u8],
    /// The path as given.
    pub given: &'a [u8],
    /// The directory that it is relative to.
    pub base: &'a [u8],
}

/// The variable parts of an act: as [`Act`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActParts<'a> {
    /// The directory that `a` is relative to.
    pub base: &'a [u8],
    /// The directory that `b` is relative to.
    pub base2: &'a [u8],
    /// The path of the file within its file system.
    pub inside: &'a [u8],
    /// First string.
    pub a: &'a [u8],
    /// Second string.
    pub b: &'a [u8],
    /// Third string.
    pub c: &'a [u8],
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
            let lens = [exec.cgroup_len, exec.exe_len, exec.given_len, exec.cwd_len, exec.tty_len, exec.argv_len];
            let [cgroup, exe, given, cwd, tty, argv] = split(tail, lens).ok_or(lengths(sum(&lens)))?;
            Ok(Record::Exec(exec, Parts { cgroup, exe, given, cwd, tty, argv }))
        }
        Kind::Exit => Ok(Record::Exit(read(record)?)),
        Kind::Move => {
            let moved: Move = read(record)?;
            whole(tail, moved.cgroup_len).map(|path| Record::Move(moved, path)).ok_or(lengths(moved.cgroup_len.into()))
        }
        Kind::Tcp | Kind::TcpBetween | Kind::Udp => {
            let net: Net = read(record)?;
            let op = NetOp::from_number(net.op).ok_or(DecodeError::UnknownOp(net.op))?;
            Ok(Record::Net(net, op, if kind == Kind::Udp { Transport::Udp } else { Transport::Tcp }))
        }
        Kind::Redirect => Ok(Record::Redirect(read(record)?)),
        Kind::Open => {
            let open: Open = read(record)?;
            let lens = [open.path_len, open.inside_len, open.given_len, open.base_len];
            let [path, inside, given, base] = split(tail, lens).ok_or(lengths(sum(&lens)))?;
            Ok(Record::Open(open, OpenParts { path, inside, given, base }))
        }
        Kind::Act => {
            let act: Act = read(record)?;
            let op = ActOp::from_number(act.op).filter(|op| act.how < op.calls());
            let op = op.ok_or(DecodeError::UnknownOp(act.op))?;
            let lens = [act.base_len, act.base2_len, act.inside_len, act.a_len, act.b_len, act.c_len];
            let [base, base2, inside, a, b, c] = split(tail, lens).ok_or(lengths(sum(&lens)))?;
            Ok(Record::Act(act, op, ActParts { base, base2, inside, a, b, c }))
        }
        Kind::Signal => Ok(Record::Signal(read(record)?)),
        Kind::Answer => {
            let answer: Answer = read(record)?;
            whole(tail, answer.len).map(|said| Record::Answer(answer, said)).ok_or(lengths(answer.len.into()))
        }
    }
}

fn read<T: Field>(bytes: &[u8]) -> Result<T, DecodeError> {
    T::read(&mut Reader(bytes)).ok_or(DecodeError::Truncated { need: size_of::<T>(), have: bytes.len() })
}

fn whole(tail: &[u8], len: u16) -> Option<&[u8]> {
    (tail.len() == usize::from(len)).then_some(tail)
}

fn sum(lens: &[u16]) -> usize {
    lens.iter().map(|&len| usize::from(len)).sum()
}

/// The parts that have these lengths; `None` unless they are the whole.
fn split<const N: usize>(tail: &[u8], lens: [u16; N]) -> Option<[&[u8]; N]> {
    let mut reader = Reader(tail);
    let mut parts = [&tail[..0]; N];
    for (part, len) in parts.iter_mut().zip(lens) {
        *part = reader.take(len.into())?;
    }
    reader.0.is_empty().then_some(parts)
}
