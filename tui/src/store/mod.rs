//! Recordings: what happened stays, in one file that can be gone through, searched and proven. docs/RECORDING.md has
//! the format.

mod batch;
mod chain;
mod dictionary;
mod file;
mod found;
pub(crate) mod fuzz;
mod hunt;
mod note;
mod notebook;
mod player;
mod recorder;
mod reel;
mod rejudged;
mod ring;
mod rows;
mod tape;
mod verify;
mod walk;
mod writer;

use std::path::{Path, PathBuf};

pub use batch::{Batch, Found, Packed};
pub use chain::{Hash, Key, PublicKey, hex};
pub use file::{Recording, is_recording};
pub use hunt::{FoundHit, Hit, Who};
pub use note::{Note, NoteChange, Notes};
pub use player::{Moment, Player, Shot, Stretch};
pub use recorder::{Recorder, Said, Settings};
pub use reel::{Reel, Winder};
pub use rejudged::Rejudged;
pub use ring::Ring;
pub use tape::{Outline, Span, Tape};
pub use verify::{Change, Progress, Report, Verdict};
pub use walk::{Next, walk};
pub use writer::{Facts, Limits, Writer};

/// Marks a SQLite file as a recording (`PRAGMA application_id`): `ktrc`.
const APPLICATION: i64 = 0x6b74_7263;
/// The version of the format (`PRAGMA user_version`).
const FORMAT: i64 = 1;

/// Why a recording could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody stopped it.
    #[error("stopped")]
    Stopped,
    /// It left the ring meanwhile, or was dropped to keep within the limits.
    #[error("that moment is no longer kept")]
    Gone,
    /// Nothing can be written beside it.
    #[error("notes are kept in recordings: save first with s")]
    NoNotes,
    /// It is being written.
    #[error("{} is still being written: notes can be added when that is over", file.display())]
    Growing {
        /// Which.
        file: PathBuf,
    },
    /// A note could not be written.
    #[error("notes cannot be written into {}: {}", file.display(), explained(error))]
    Notes {
        /// Which.
        file: PathBuf,
        /// What the database says.
        error: rusqlite::Error,
    },
    /// What is in it is not what was written.
    #[error("the batch that begins with event {number} cannot be read: {why}")]
    Damaged {
        /// The number of its first event.
        number: u64,
        /// What is wrong.
        why: String,
    },
    /// A file that cannot be opened, made or read.
    #[error("{}: {error}", file.display())]
    File {
        /// Which.
        file: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// Something else.
    #[error("{} is no recording of ktrace-tui", file.display())]
    NoRecording {
        /// Which.
        file: PathBuf,
    },
    /// Of a version that is not known yet.
    #[error("{} was written by a newer ktrace-tui (format {version}, this one reads {FORMAT}): use that one", file.display())]
    Newer {
        /// Which.
        file: PathBuf,
        /// Its format.
        version: i64,
    },
    /// It holds something that works by itself when it is read.
    #[error("{} holds {what}, which no recording has: whoever made it may want more than to be looked at", file.display())]
    Foreign {
        /// Which.
        file: PathBuf,
        /// What is in it.
        what: String,
    },
    /// The database says no.
    #[error("{}: {}", file.display(), explained(error))]
    Sql {
        /// Which file.
        file: PathBuf,
        /// What it says.
        error: rusqlite::Error,
    },
    /// A key that is none.
    #[error("{} does not hold {wanted} in PEM (docs/RECORDING.md tells how to make one)", file.display())]
    NoKey {
        /// Which.
        file: PathBuf,
        /// What was looked for.
        wanted: &'static str,
    },
}

impl StoreError {
    fn file(file: &Path, error: std::io::Error) -> StoreError {
        StoreError::File { file: file.into(), error }
    }

    fn sql(file: &Path, error: rusqlite::Error) -> StoreError {
        StoreError::Sql { file: file.into(), error }
    }

    /// True for a recording that is damaged or cut short.
    pub fn is_damaged(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase, SystemIoFailure};
        let StoreError::Sql { error, .. } = self else { return matches!(self, StoreError::Damaged { .. }) };
        matches!(error.sqlite_error_code(), Some(DatabaseCorrupt | NotADatabase | SystemIoFailure))
    }

    /// True when there is no room on the disk.
    pub fn is_full(&self) -> bool {
        matches!(self, StoreError::Sql { error, .. } if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull))
    }
}

/// What the database says, in words for people.
fn explained(error: &rusqlite::Error) -> String {
    use rusqlite::ErrorCode;
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => "no room on the disk".to_owned(),
        Some(ErrorCode::DatabaseCorrupt) => format!("a page of it is damaged ({error})"),
        Some(ErrorCode::NotADatabase) => "it is no recording, or its beginning is damaged".to_owned(),
        _ => error.to_string(),
    }
}
