//! By which names the parts of a dossier speak of each other, and how moments and severities stand in JSON.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::detect::Severity;
use crate::export::time::Rfc3339;
use crate::model::Time;

/// A short name for something of a dossier, by which its parts speak of each other: `p3`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// A process: `p1`, `p2`, …
    Process(usize),
    /// A place: `g1`, …
    Place(usize),
    /// An endpoint: `e1`, …
    Endpoint(usize),
    /// A finding: `f1`, …
    Finding(usize),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Process(at) => write!(f, "p{}", at + 1),
            Key::Place(at) => write!(f, "g{}", at + 1),
            Key::Endpoint(at) => write!(f, "e{}", at + 1),
            Key::Finding(at) => write!(f, "f{}", at + 1),
        }
    }
}

impl Serialize for Key {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

pub(super) fn moment<S: Serializer>(time: &Time, serializer: S) -> Result<S::Ok, S::Error> {
    Rfc3339(*time).serialize(serializer)
}

pub(super) fn perhaps<S: Serializer>(time: &Option<Time>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(Rfc3339).serialize(serializer)
}

pub(super) fn severity<S: Serializer>(severity: &Severity, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(severity.name())
}
