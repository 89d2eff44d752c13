//! The wire between the kernel probes and their reader: one `repr(C)` struct per event, and a decoder that is
//! total: every slice of bytes gives a record or an error, never a panic.
//!
//! All numbers are little-endian, as the probes are compiled for `bpfel`. A record is the struct of its kind, which
//! begins with a [`Header`], followed by the variable-length parts that the struct names by their lengths.
#![no_std]
#![forbid(unsafe_code)]

#[cfg(test)]
extern crate std;

mod act;
mod answer;
mod cgroup;
mod decode;
mod descriptor;
mod exec;
mod exit;
mod file;
mod fork;
mod header;
mod limits;
mod maps;
mod net;
mod offsets;
mod signal;
mod wire;

pub use act::{Act, ActOp};
pub use answer::Answer;
pub use cgroup::Move;
pub use decode::{ActParts, DecodeError, OpenParts, Parts, Record, decode};
pub use descriptor::{Descriptor, DescriptorKind, Redirect, access, how};
pub use exec::{Exec, NAMESPACES};
pub use exit::Exit;
pub use file::{File, Open, marks, via};
pub use fork::Fork;
pub use header::{Header, Kind, Who, flags};
pub use limits::{
    ACT_TAIL_MAX, ANSWER_MAX, ARGV_MAX, CARE_MAX, CGROUP_DEPTH, CGROUP_MAX, EXEC_TAIL_MAX, GIVEN_MAX, NAME_MAX,
    PATH_DEPTH, PATH_DEPTH_SHALLOW, PATH_MAX, RECORD_MAX, TTY_MAX,
};
pub use maps::{
    Counts, ListenKey, Owner, RELAYS_MAX, Relaying, SHARES_MAX, SYSCALL_COMPAT, SYSCALLS, Share, WRAPPED, WRITES, care,
    class,
};
pub use net::{Net, NetOp, Transport};
pub use offsets::{ABSENT, OFFSETS, Offset, Offsets, RDONLY_CAST, Settings};
pub use signal::Signal;
