//! Files that hold events: read to their end, event by event.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use anyhow::Context as _;

use super::{Exit, Failure};
use crate::export::report::Proof;
use crate::model::Event;
use crate::source::tetragon::Import;

/// Bad lines that are named; more are counted.
const NAMED: usize = 3;

/// What a file was.
pub(super) struct Source {
    /// How it can be verified.
    pub(super) proof: Proof,
    /// A key out of all that is in it: the same file gives the same, and nobody guesses it who does not have the file.
    pub(super) key: [u8; 32],
}

/// Hands every event of `file` to `take`, in their order; `-` is stdin. Lines that are none are named on stderr.
pub(super) fn each_event(file: &Path, take: impl FnMut(Event)) -> Result<Source, Failure> {
    // A recording is told by its first bytes: this is the place to look at them.
    import(file, take)
}

fn import(file: &Path, mut take: impl FnMut(Event)) -> Result<Source, Failure> {
    let name = file.display();
    let open = || -> io::Result<Box<dyn BufRead>> {
        if file == Path::new("-") {
            return Ok(Box::new(BufReader::new(io::stdin())));
        }
        Ok(Box::new(BufReader::new(File::open(file)?)))
    };
    let lines = open().with_context(|| format!("cannot read {name}"))?;
    let mut hasher = blake3::Hasher::new_derive_key("ktrace-tui pseudonyms of a file");
    let mut import = Import::default();
    let (mut taken, mut bad) = (0_u64, 0_usize);
    for (number, line) in lines.split(b'\n').enumerate() {
        let line = line.with_context(|| format!("cannot read {name}"))?;
        hasher.update(&line).update(b"\n");
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        match import.line(&line) {
            Ok(events) => {
                taken += 1;
                events.into_iter().for_each(&mut take);
            }
            Err(error) => {
                bad += 1;
                if bad <= NAMED {
                    eprintln!("{name}, line {}: passed over: {error}", number + 1);
                }
            }
        }
    }
    if bad > NAMED {
        eprintln!("{name}: {bad} lines were passed over in all");
    }
    if taken == 0 {
        let message = format!("{name} holds no event: JSON lines as Tetragon exports them are wanted");
        return Err(Failure::new(Exit::Failed, message));
    }
    Ok(Source { proof: Proof::Import, key: *hasher.finalize().as_bytes() })
}
