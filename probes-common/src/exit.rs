//! A process ended: the last of its threads did.

use crate::header::{Header, Who};
use crate::wire::wire;

wire! {
    /// An exit.
    pub struct Exit {
        /// Who.
        pub header: Header,
        /// Who becomes the parent of its children; pid 0 when it leaves none.
        pub heir: Who,
        /// How long it ran, in nanoseconds.
        pub run_time: u64,
        /// The status as wait(2) gives it: code in bits 8 to 15, signal in 0 to 6, core dump in 7.
        pub status: u32,
        /// Keeps the size a multiple of 8.
        pub reserved: u32,
    }
}
