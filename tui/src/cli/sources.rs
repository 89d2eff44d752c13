//! Following this node: the rights for it, the probes, and what else tells events.

use std::sync::Arc;

use tokio::sync::mpsc::Receiver;

use super::{Exit, Failure};
use crate::config::Config;
use crate::model::{Event, Place, Placer};
use crate::source::live::{self, LoadError, Options, Rights};

/// TO BE REPLACED by `identity::Paths`: until that is there, everything lives on the host.
struct HostOnly;

impl Placer for HostOnly {
    fn place(&self, _path: &[u8]) -> Place {
        Place::default()
    }
}

/// Refuses, before anything is touched, what the kernel would refuse; `command` is what to run with more rights.
pub(super) fn permitted(command: &str) -> Result<(), Failure> {
    let rights = Rights::read()?;
    if !rights.insufficient() {
        return Ok(());
    }
    let missing: Vec<_> = rights.missing().iter().map(|(name, why)| format!("{name} ({why})")).collect();
    let missing = missing.join(", ");
    let message = format!("not permitted to follow this node: missing {missing}; run it as root: sudo {command}");
    Err(Failure::new(Exit::NotPermitted, message))
}

/// Everything that tells events, in one stream. TO BE COMPLETED: container runtimes (`config.docker_sockets`).
pub(super) fn events(config: &Config, command: &str) -> Result<Receiver<Vec<Event>>, Failure> {
    let options = Options { ring_size: config.ring_size, include_self: config.include_self };
    live::start(&options, Arc::new(HostOnly)).map_err(|error| match error {
        // The rights are there, as far as a process can see its own.
        LoadError::NotPermitted(why) => Failure::new(
            Exit::NotPermitted,
            format!(
                "not permitted to load kernel probes: {why}; a user namespace, seccomp or the kernel's lockdown \
                 forbids it: run it as root on the node itself: sudo {command}"
            ),
        ),
        error => error.into(),
    })
}
