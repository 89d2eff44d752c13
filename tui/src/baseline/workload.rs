//! A workload: all that is known to be normal of it.

use std::collections::{BTreeMap, BTreeSet};

use super::entry::{Capability, Connect, Entry, FileUse, Program, Seen};
use super::peer::{Destination, Port, Source};
use crate::model::{Text, Time};

/// For so many seconds a workload must be watched, all its containers together, before it counts as known.
pub const ENOUGH_SECONDS: u64 = 600;
/// One that was seen in so many containers (a job that takes seconds) counts as known all the same.
pub const ENOUGH_CONTAINERS: u64 = 20;

/// Seconds as people say them: `14 h`, `3 min`, `4 s`.
pub fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} h", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

/// What is normal for a workload.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// The images that its containers were made of, as references; several after an update.
    pub images: BTreeSet<String>,
    /// The digests among those references (`sha256:…`).
    pub digests: BTreeSet<String>,
    /// The namespace of its pods.
    pub namespace: Option<String>,
    /// The labels that all of its pods or containers have in common, without those that change with each.
    pub labels: BTreeMap<String, String>,
    /// How many containers were seen.
    pub containers: u64,
    /// For how many seconds they were watched, all together.
    pub watched: u64,
    /// When the first of them was seen.
    pub first: Time,
    /// When something of them was seen last.
    pub last: Time,
    /// True when nothing was seen of it that changes the programs that it runs: neither one that it wrote itself, nor
    /// one that it writes.
    pub immutable: bool,
    /// The programs that ran, by path; `*` stands for a part that is made up each time.
    pub programs: BTreeMap<Text, Program>,
    /// The ports that it listened on.
    pub listens: BTreeMap<Port, Seen>,
    /// What it connected to, name servers aside.
    pub connects: BTreeMap<Destination, Connect>,
    /// Who connected to which of its ports.
    pub accepts: BTreeMap<Source, Seen>,
    /// The name servers that it asked.
    pub dns: BTreeMap<Destination, Seen>,
    /// The sensitive files that it opened, by path (docs/BASELINE.md tells which are told).
    pub files: BTreeMap<Text, FileUse>,
    /// The capabilities that its processes had in effect, by name (`CAP_NET_RAW`).
    pub capabilities: BTreeMap<String, Capability>,
}

impl Workload {
    /// How many programs were started: with [`Workload::watched`], how well it is known.
    pub fn execs(&self) -> u64 {
        self.programs.values().map(|program| program.seen.count).sum()
    }

    /// Why too little is known of it for anything new to be worth much: `None` for one that is well known. It was watched for
    /// less than [`ENOUGH_SECONDS`], in fewer than [`ENOUGH_CONTAINERS`] containers.
    pub fn too_short(&self) -> Option<String> {
        let short = self.watched < ENOUGH_SECONDS && self.containers < ENOUGH_CONTAINERS;
        let plural = if self.containers == 1 { "" } else { "s" };
        short.then(|| format!("seen for {} in {} container{plural} only", span(self.watched), self.containers))
    }

    /// True when nothing is known of what it does.
    pub fn is_empty(&self) -> bool {
        self.programs.is_empty() && self.listens.is_empty() && self.connects.is_empty() && self.files.is_empty()
    }

    /// Adds what another baseline knows of it. Labels that are not in both go.
    pub fn merge(&mut self, other: Workload) {
        self.images.extend(other.images);
        self.digests.extend(other.digests);
        self.namespace = self.namespace.take().or(other.namespace);
        self.labels.retain(|key, value| other.labels.get(key) == Some(value));
        self.containers += other.containers;
        self.watched += other.watched;
        (self.first, self.last) = (self.first.min(other.first), self.last.max(other.last));
        self.immutable &= other.immutable;
        join(&mut self.programs, other.programs);
        join(&mut self.listens, other.listens);
        join(&mut self.connects, other.connects);
        join(&mut self.accepts, other.accepts);
        join(&mut self.dns, other.dns);
        join(&mut self.files, other.files);
        join(&mut self.capabilities, other.capabilities);
    }

    pub(super) fn prune(&mut self, keep: &impl Fn(&Seen) -> bool) -> usize {
        let mut gone = sift(&mut self.programs, keep) + sift(&mut self.listens, keep);
        gone += sift(&mut self.connects, keep) + sift(&mut self.accepts, keep) + sift(&mut self.dns, keep);
        gone += sift(&mut self.files, keep) + sift(&mut self.capabilities, keep);
        for program in self.programs.values_mut() {
            // The last that is left is what it was started by.
            if program.parents.values().any(keep) {
                gone += sift(&mut program.parents, keep);
            }
            if program.applets.values().any(keep) {
                gone += sift(&mut program.applets, keep);
            }
        }
        gone
    }
}

/// Lets go of entries; gives how many went.
fn sift<K: Ord, V: Entry>(own: &mut BTreeMap<K, V>, keep: &impl Fn(&Seen) -> bool) -> usize {
    let before = own.len();
    own.retain(|_, entry| keep(entry.seen()));
    before - own.len()
}

/// Adds the entries of another.
pub(super) fn join<K: Ord, V: Entry>(own: &mut BTreeMap<K, V>, other: BTreeMap<K, V>) {
    for (key, entry) in other {
        match own.get_mut(&key) {
            Some(known) => known.merge(entry),
            None => drop(own.insert(key, entry)),
        }
    }
}
