//! What leaves a node while it is watched: lines that are made once, and feeds that carry them to wherever they go.
//!
//! The model's thread makes each [`Outgoing`] and offers it to every [`Feed`]; a feed has a queue with an end and a thread
//! of its own, on which a [`Sink`] sends. Nothing of what happens there is ever waited for.

mod agent;
mod counts;
mod file;
pub(crate) mod fuzz;
mod http;
mod item;
mod metrics;
mod nats;
mod otlp;
mod pause;
mod press;
mod queue;
mod rotation;
mod scrape;
mod sink;
mod syslog;
mod webhook;
mod worker;

pub use agent::{Events, Options, Summary, run};
pub use counts::{Counts, Reason};
pub use file::FileSink;
pub use http::{Authority, address};
pub use item::{Origin, Outgoing, Sort};
pub use metrics::{FAMILIES, Metrics};
pub use nats::{
    BusLine, BusOptions, BusReader, Message as BusMessage, Names, NatsSink, Refusal, Server, Spool, SpoolError,
    StreamOptions,
};
pub use otlp::{Otlp, Protocol};
pub use queue::{Depth, Room};
pub use rotation::Rotation;
pub use scrape::serve;
pub use sink::{Batch, Sink, Trouble};
pub use syslog::{JOURNAL, LOCAL, Listener, Syslog};
pub use webhook::{Message, Webhook};
pub use worker::{Feed, Said};

#[cfg(test)]
mod tests;
