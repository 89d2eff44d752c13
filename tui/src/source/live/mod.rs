//! This node, now: kernel probes, joined with what /proc knows of the time before them.

mod btf;
mod clock;
mod known;
mod ledger;
mod load;
mod reader;
mod repair;
mod rights;
mod startup;
mod translate;

use std::sync::Arc;

use tokio::sync::mpsc::{Receiver, channel};

pub use btf::BtfError;
pub use load::{BTF_PATH, Capability, LoadError, Options, in_initial_pid_namespace, missing_offsets, offsets};
pub use rights::Rights;

use crate::model::{Event, Placer};

/// Batches that may wait for whoever reads them. When they do not keep up, the ring fills, and what finds no place
/// there is counted: nothing is lost in silence.
const BATCHES: usize = 256;

/// Attaches the probes and begins to tell. The first event is [`Event::Boot`]; then come the processes that were there
/// ([`crate::model::Kind::Seen`]), then a status `source` that says `ready`, and from then on what happens. It ends when the receiver
/// is dropped.
///
/// # Errors
/// [`LoadError`] when the probes cannot be put into the kernel.
pub fn start(options: &Options, placer: Arc<dyn Placer>) -> Result<Receiver<Vec<Event>>, LoadError> {
    let attached = load::load(options)?;
    let (sender, receiver) = channel(BATCHES);
    let reader = reader::Reader::new(attached, placer, sender, options);
    std::thread::Builder::new()
        .name("ktrace-reader".into())
        .spawn(move || reader.run())
        .map_err(|error| LoadError::Thread(error.to_string()))?;
    Ok(receiver)
}

/// Loads and attaches every probe, tells how each did, and takes them out again.
///
/// # Errors
/// As [`start`].
pub fn probe(options: &Options) -> Result<Vec<Capability>, LoadError> {
    load::load(options).map(|attached| attached.capabilities)
}
