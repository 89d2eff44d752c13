//! The wire between the probes and the reader: of any bytes the decoder gives a record or an error, and what a
//! record borrows lies within its own length.
#![cfg(any(test, fuzzing))]

use ktrace_probes_common::{Kind, Record, decode};

/// Tries the decoder.
pub(super) fn wire(bytes: &[u8]) {
    let Ok(record) = decode(bytes) else { return };
    let header = record.header();
    let len = header.len as usize;
    assert!(len <= bytes.len(), "a record longer than the bytes that it was read from");
    let kind = Kind::from_number(header.kind).expect("a record has a known kind");
    let tail = match record {
        Record::Fork(_, path) | Record::Move(_, path) | Record::Answer(_, path) => path.len(),
        Record::Exec(_, parts) => {
            [parts.cgroup, parts.exe, parts.given, parts.cwd, parts.tty, parts.argv].iter().map(|part| part.len()).sum()
        }
        // Of fixed size: more bytes are those of a newer probe.
        Record::Open(_, parts) => parts.path.len() + parts.inside.len() + parts.given.len() + parts.base.len(),
        Record::Act(_, _, parts) => {
            let paths = parts.base.len() + parts.base2.len() + parts.inside.len();
            paths + parts.a.len() + parts.b.len() + parts.c.len()
        }
        Record::Exit(_) | Record::Net(..) | Record::Redirect(_) | Record::Signal(_) => len - kind.fixed_len(),
    };
    assert_eq!(kind.fixed_len() + tail, len, "the parts of a record add up to it");
    assert_eq!(decode(&bytes[..len]), Ok(record), "what follows a record does not change it");
}
