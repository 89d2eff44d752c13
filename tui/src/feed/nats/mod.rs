//! Onto a bus: NATS JetStream, with a spool on disk for as long as the bus is away.
//!
//! A [`NatsSink`] makes a [`Message`] of each thing that leaves and hands windows of them to the thread of the bus, which
//! holds the connection and waits for what the server says to each. While that cannot be, they go to the [`Spool`].

mod bus;
pub(super) mod fuzz;
mod look;
mod message;
mod read;
mod session;
mod sink;
mod spool;
mod subject;

pub use message::Message;
pub use read::{BusLine, BusReader, Refusal};
pub use session::{BusOptions, Server, StreamOptions};
pub use sink::NatsSink;
pub use spool::{Spool, SpoolError};
pub use subject::Names;

use subject::token;

#[cfg(test)]
mod tests;
