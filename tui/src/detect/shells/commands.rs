//! What processes had others run for them.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;

use crate::model::ProcessId;

/// Processes whose commands are remembered.
const KEEP: usize = 16_384;
/// Commands remembered of each.
const EACH: usize = 16;

/// Who had what run.
#[derive(Debug, Default)]
pub(super) struct Commands {
    run: HashMap<ProcessId, HashSet<Vec<u8>>>,
    /// Who ran what came from somewhere, for whom.
    fetched: HashMap<(ProcessId, SocketAddr), HashSet<ProcessId>>,
}

impl Commands {
    /// Remembers that `owner` had somebody run `command`.
    pub(super) fn note(&mut self, owner: ProcessId, command: Vec<u8>) {
        if self.run.len() > KEEP {
            self.run.clear();
        }
        let commands = self.run.entry(owner).or_default();
        if commands.len() < EACH {
            commands.insert(command);
        }
    }

    /// How many different ones it had run.
    pub(super) fn of(&self, owner: ProcessId) -> usize {
        self.run.get(&owner).map_or(0, HashSet::len)
    }

    /// Remembers that `by` ran, for `owner`, what came from `remote`; gives how many did.
    pub(super) fn fetched(&mut self, owner: ProcessId, remote: SocketAddr, by: ProcessId) -> usize {
        if self.fetched.len() > KEEP {
            self.fetched.clear();
        }
        let all = self.fetched.entry((owner, remote)).or_default();
        if all.len() < EACH {
            all.insert(by);
        }
        all.len()
    }

    pub(super) fn forget(&mut self, gone: ProcessId) {
        self.run.remove(&gone);
        self.fetched.retain(|(owner, _), _| *owner != gone);
    }
}
