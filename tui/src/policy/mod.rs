//! Policies for engines that enforce, out of what was seen: what would have stopped an incident, and what only lets
//! normal work through; and what each would have stopped of a recording. Pure.

pub mod admission;
mod explain;
mod guard;
mod name;
mod network;
pub mod seccomp;
#[cfg(test)]
mod tests;
mod tetragon;
mod yaml;

pub use explain::{Explained, Explainer, Hit};
pub use guard::Guard;
pub use network::network;
pub use tetragon::{Enforce, tetragon};

use std::collections::BTreeMap;

use crate::baseline::{Seen, Workload, moment};

/// A policy for one workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What the engine calls it.
    pub name: String,
    /// The workloads that it is for: one, or the containers of a pod.
    pub workloads: Vec<String>,
    /// The document.
    pub text: String,
    /// What it lets through: its engine, in a recording.
    pub guard: Guard,
    /// What somebody who applies it should know.
    pub notes: Vec<String>,
}

/// Where pods stand that run what was seen outside of pods.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stand {
    /// Their namespace.
    pub namespace: String,
    /// Their labels; none where they are selected by their image.
    pub labels: BTreeMap<String, String>,
}

/// A workload that no policy is written for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its name.
    pub workload: String,
    /// Why, and what to do.
    pub why: String,
}

/// What is asked of a workload before a policy is written for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Least {
    /// For how many seconds its containers were watched, all together.
    pub watched: u64,
}

impl Least {
    /// Whether a workload is known well enough.
    fn holds(self, workload: &Workload) -> Result<(), String> {
        if workload.is_empty() {
            return Err("nothing was seen of what it does: a policy would forbid everything".to_owned());
        }
        if workload.watched < self.watched {
            return Err(format!(
                "it was watched for {} s only, which tells too little of what is normal: learn for longer, or say \
                 --least {}s",
                workload.watched, workload.watched
            ));
        }
        Ok(())
    }
}

/// `12 times, last 2026-11-23T12:03:10Z`.
fn seen(seen: &Seen) -> String {
    let times = if seen.count == 1 { "once".to_owned() } else { format!("{} times", seen.count) };
    format!("{times}, last {}", moment(seen.last))
}
