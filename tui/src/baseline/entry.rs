//! The entries of a workload: what was seen, how often, and since when.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use super::workload::join;
use crate::model::{Text, Time};

/// How often something was seen, and since when.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// How often.
    pub count: u64,
    /// In how many containers.
    pub containers: u64,
    /// For the first time, to the second.
    pub first: Time,
    /// For the last time, to the second.
    pub last: Time,
}

impl Seen {
    /// Adds what another one tells.
    pub fn merge(&mut self, other: &Seen) {
        if self.count == 0 {
            *self = *other;
        } else if other.count > 0 {
            self.count += other.count;
            self.containers += other.containers;
            (self.first, self.last) = (self.first.min(other.first), self.last.max(other.last));
        }
    }
}

/// Whatever stands in a baseline.
pub trait Entry {
    /// How often it was seen, and since when.
    fn seen(&self) -> &Seen;

    /// Adds what another baseline tells of it.
    fn merge(&mut self, other: Self);
}

impl Entry for Seen {
    fn seen(&self) -> &Seen {
        self
    }

    fn merge(&mut self, other: Seen) {
        Seen::merge(self, &other);
    }
}

/// A program that was run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Program {
    /// How often.
    pub seen: Seen,
    /// SHA-256 of its file, in hexadecimal: each that was met. Empty where none was read.
    pub hashes: BTreeSet<String>,
    /// The programs of the processes that started it; [`super::START`] for whoever starts the container.
    pub parents: BTreeMap<Text, Seen>,
    /// Of a program of many names (busybox): those that it was called by; of an interpreter the paths of its scripts.
    pub applets: BTreeMap<Text, Seen>,
    /// Ids of the users that ran it, as the host numbers them.
    pub users: BTreeSet<u32>,
    /// True when it is not of the image: written by the container, on a tmpfs, or in memory only.
    pub written: bool,
}

impl Entry for Program {
    fn seen(&self) -> &Seen {
        &self.seen
    }

    fn merge(&mut self, other: Program) {
        self.seen.merge(&other.seen);
        self.hashes.extend(other.hashes);
        join(&mut self.parents, other.parents);
        join(&mut self.applets, other.applets);
        self.users.extend(other.users);
        self.written |= other.written;
    }
}

/// A destination that was connected to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connect {
    /// How often.
    pub seen: Seen,
    /// Where it goes by a name: the addresses that the name stood for.
    pub addresses: BTreeSet<IpAddr>,
}

impl Entry for Connect {
    fn seen(&self) -> &Seen {
        &self.seen
    }

    fn merge(&mut self, other: Connect) {
        self.seen.merge(&other.seen);
        self.addresses.extend(other.addresses);
    }
}

/// A sensitive file that was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileUse {
    /// How often.
    pub seen: Seen,
    /// For reading.
    pub read: bool,
    /// For writing.
    pub write: bool,
    /// By which programs.
    pub programs: BTreeSet<Text>,
}

impl Entry for FileUse {
    fn seen(&self) -> &Seen {
        &self.seen
    }

    fn merge(&mut self, other: FileUse) {
        self.seen.merge(&other.seen);
        self.read |= other.read;
        self.write |= other.write;
        self.programs.extend(other.programs);
    }
}

/// A capability that processes had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capability {
    /// How often a program was started with it in effect, or used it.
    pub seen: Seen,
    /// True when something was done that needs it.
    pub used: bool,
}

impl Entry for Capability {
    fn seen(&self) -> &Seen {
        &self.seen
    }

    fn merge(&mut self, other: Capability) {
        self.seen.merge(&other.seen);
        self.used |= other.used;
    }
}
