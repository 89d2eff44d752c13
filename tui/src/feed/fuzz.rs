//! What comes over the bus, and what was left in the spool.
#![cfg(any(test, fuzzing))]

pub(crate) use super::nats::fuzz::{bus, spool};
