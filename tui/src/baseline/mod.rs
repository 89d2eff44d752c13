//! What is normal: what workloads ran, listened on, connected to and read, learnt from events; and what of an event is
//! outside of it. Pure: it sees events and the model, and nothing else.

mod accept;
mod compare;
mod entry;
mod fact;
pub(crate) mod fuzz;
mod general;
mod image;
mod learn;
mod ledger;
mod name;
mod peer;
mod read;
mod resident;
mod script;
mod suspects;
mod tell;
#[cfg(test)]
mod tests;
mod workload;
mod write;

pub use accept::Acceptance;
pub use compare::{Match, Outside};
pub use entry::{Capability, Connect, Entry, FileUse, Program, Seen};
pub use fact::{Fact, START, capability_name};
pub use general::matches;
pub use image::Reference;
pub use learn::{Learner, LeftOut, Scope};
pub use name::{Owner, image_of, workload_of};
pub use peer::{Destination, Peer, Port, Source};
pub use read::BaselineError;
pub use resident::Residents;
pub use suspects::{Line, Suspects};
pub use tell::Told;
pub use workload::{ENOUGH_CONTAINERS, ENOUGH_SECONDS, Workload, span};
pub use write::moment;

use std::collections::BTreeMap;

use crate::model::Time;

/// What is normal, workload by workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The program and version that made it.
    pub made_with: String,
    /// What it was learnt from, in the order of time.
    pub learnt_from: Vec<Learnt>,
    /// The workloads, by name: `default/web:nginx` for the container `nginx` of the pods that `web` owns in the
    /// namespace `default`, `image nginx:1.25` outside of pods, `service ssh.service` of the host.
    pub workloads: BTreeMap<String, Workload>,
}

/// Something that a baseline was learnt from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Learnt {
    /// The time of its first event.
    pub first: Time,
    /// The time of its last.
    pub last: Time,
    /// How many events there were.
    pub events: u64,
    /// Which recording: the root of its chain, in hexadecimal; of lines, a hash of them; `live` of a node that was watched.
    pub recording: String,
}

impl Baseline {
    /// Adds what another one knows. Counts and the time that was watched add up; a container that both saw counts twice.
    pub fn merge(&mut self, other: Baseline) {
        self.learnt_from.extend(other.learnt_from);
        self.learnt_from.sort();
        self.learnt_from.dedup();
        for (name, workload) in other.workloads {
            match self.workloads.get_mut(&name) {
                Some(own) => {
                    own.merge(workload);
                    learn::generalise(own);
                }
                None => drop(self.workloads.insert(name, workload)),
            }
        }
    }

    /// The recordings that both were learnt from: what these tell would count twice.
    pub fn shared<'a>(&'a self, other: &'a Baseline) -> impl Iterator<Item = &'a Learnt> {
        self.learnt_from.iter().filter(|own| own.recording != "live" && other.learnt_from.contains(own))
    }

    /// Lets go of what was not seen since `since`, and of what was seen fewer than `least` times; a workload goes when
    /// nothing of it is left. Gives how many entries went.
    pub fn prune(&mut self, since: Option<Time>, least: u64) -> usize {
        let keep = |seen: &Seen| since.is_none_or(|since| seen.last >= since) && seen.count >= least;
        let gone = self.workloads.values_mut().map(|workload| workload.prune(&keep)).sum();
        self.workloads.retain(|_, workload| !workload.is_empty());
        gone
    }
}
