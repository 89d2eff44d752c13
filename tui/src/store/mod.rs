//! Recordings: what happened stays, in one file that can be gone through, searched and proven. docs/RECORDING.md has
//! the format.

mod batch;
mod note;
mod player;
mod recorder;
mod reel;
mod ring;
mod tape;

pub use batch::{Batch, Found, Packed};
pub use note::{Change, Note, Notes};
pub use player::{Moment, Player, Shot, Stretch};
pub use recorder::Recorder;
pub use reel::{Reel, Winder};
pub use ring::Ring;
pub use tape::{Outline, Span, Tape};

/// Why a recording could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// It left the ring meanwhile.
    #[error("that moment is no longer kept")]
    Gone,
    /// Nothing can be written beside it.
    #[error("notes are kept in recordings: save first with s")]
    NoNotes,
    /// What is in it is not what was written.
    #[error("batch {number} cannot be read: {why}")]
    Damaged {
        /// Which batch.
        number: u64,
        /// What is wrong.
        why: String,
    },
}
