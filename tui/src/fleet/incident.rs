//! An incident, as it is shown of one node and of many.

use super::node::NodeName;
use crate::detect::Severity;
use crate::model::Time;

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
