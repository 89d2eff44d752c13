//! Somebody sent a signal to the observer.

use crate::header::{Header, Who};
use crate::wire::wire;

wire! {
    /// A signal that a process sent to the observer; those of the kernel are not told.
    pub struct Signal {
        /// Who sent it.
        pub header: Header,
        /// The observer.
        pub target: Who,
        /// Which (`signal(7)`).
        pub number: u32,
        /// How it was sent: `si_code` (`sigaction(2)`).
        pub code: i32,
    }
}
