//! This node, now: kernel probes, joined with what /proc knows of the time before them.

mod btf;
mod cares;
mod cgroup_paths;
mod clock;
mod contents;
mod homes;
mod kept;
mod known;
mod ledger;
mod load;
mod missed;
mod mounts;
mod offsets;
mod own;
mod probes;
mod reader;
mod relays;
mod repair;
mod rights;
mod shares;
mod startup;
mod syscalls;
mod translate;

use std::sync::Arc;

use tokio::sync::mpsc::{Receiver, Sender};

pub use btf::BtfError;
pub(super) use clock::Clock;
pub use kept::{give_up, would_keep};
pub use load::{LoadError, Options};
pub use offsets::{BTF_PATH, missing_offsets, offsets};
pub use own::OwnFiles;
pub use probes::Capability;
pub use rights::Rights;
pub(super) use startup::{boot_of, host_namespaces};

use rustix::thread::CapabilitySet;

use crate::model::{Event, Placer, ProcessId};

/// Attaches the probes and begins to tell `out`. The first event is [`Event::Boot`]; then come the processes that were there
/// (`Kind::Seen`), then a status `source` that says `ready`, and from then on what happens. It ends when the receiver
/// is dropped. The thread that reads has given up what only attaching needed. Whom `wanted` names is looked at for what it passes on between connections and others, as long as it
/// lives: events for that are too many to tell them of everybody. A receiver that does not keep up lets the ring fill, and what finds no place there is counted: nothing
/// is lost in silence.
///
/// # Errors
/// [`LoadError`] when the probes cannot be put into the kernel.
pub fn start(
    options: &Options,
    placer: Arc<dyn Placer>,
    out: Sender<Vec<Event>>,
    wanted: Receiver<ProcessId>,
) -> Result<(), LoadError> {
    let attached = load::load(options)?;
    let reader = reader::Reader::new(attached, placer, out, wanted, options);
    std::thread::Builder::new()
        .name("ktrace-reader".into())
        .spawn(move || {
            // What cannot be given up is no reason to see nothing.
            let _ = give_up(CapabilitySet::empty());
            reader.run();
        })
        .map_err(|error| LoadError::Thread(error.to_string()))?;
    Ok(())
}

/// Loads and attaches every probe, tells how each did, and takes them out again.
///
/// # Errors
/// As [`start`].
pub fn probe(options: &Options) -> Result<Vec<Capability>, LoadError> {
    load::load(options).map(|attached| attached.hooks.capabilities)
}
