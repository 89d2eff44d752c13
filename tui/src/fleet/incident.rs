//! An incident of one node, as it tells it.

use std::net::SocketAddr;

use serde::Deserialize;

use super::End;
use super::line::{Process, end, moment};
use super::node::NodeName;
use crate::detect::Severity;
use crate::model::Time;

/// An incident as a node told it last.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Told {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) severity: Severity,
    #[serde(deserialize_with = "moment")]
    pub(super) first: Time,
    #[serde(deserialize_with = "moment")]
    pub(super) last: Time,
    #[serde(default)]
    pub(super) stages: Vec<StageTold>,
    #[serde(default)]
    pub(super) connections: Vec<Way>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct StageTold {
    pub(super) stage: String,
    #[serde(deserialize_with = "moment")]
    pub(super) time: Time,
    pub(super) process: Process,
    #[serde(default)]
    pub(super) findings: Vec<ShortTold>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct ShortTold {
    pub(super) severity: Severity,
    pub(super) title: String,
}

/// A connection over which an incident came, or went on.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct Way {
    #[serde(deserialize_with = "moment")]
    pub(super) time: Time,
    pub(super) process: Process,
    pub(super) local: SocketAddr,
    pub(super) remote: SocketAddr,
    pub(super) direction: String,
    pub(super) protocol: String,
}

impl Way {
    /// The connection as this end sees it; `None` where it stays on the node.
    pub(super) fn end(&self) -> Option<End> {
        end(&self.protocol, self.local, self.remote)
    }

    pub(super) fn inbound(&self) -> bool {
        self.direction == "inbound"
    }
}

/// An incident of one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Incident {
    /// The node.
    pub node: NodeName,
    /// What the node calls it: `i3`.
    pub id: String,
    /// One line that a person would write.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
}

/// A stage of an incident, on its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The node.
    pub node: NodeName,
    /// What it is called.
    pub stage: String,
    /// When it began, by the clock of the bus as far as can be told.
    pub time: Time,
    /// Whose it is: `bash (4242) of web`.
    pub process: String,
    /// The worst finding of it.
    pub severity: Severity,
    /// That finding, in a line.
    pub title: String,
    /// How many more there are.
    pub more: usize,
}
