//! One thing that leaves: its line of JSON, made once for all feeds, and what a feed must know to handle it.

use std::sync::Arc;

use serde_json::Value;

use crate::detect::{Class, Severity};
use crate::model::Time;

/// What something is that leaves, from what goes first to what goes last where there is no room.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sort {
    /// Something that happened.
    Event,
    /// How a part of the machinery is.
    Status,
    /// Records that did not arrive, or could not be sent.
    Loss,
    /// Findings that have a cause in common.
    Incident,
    /// Something that was found.
    Finding,
}

impl Sort {
    /// Every sort.
    pub const ALL: [Sort; 5] = [Sort::Event, Sort::Status, Sort::Loss, Sort::Incident, Sort::Finding];

    /// The `type` of its line.
    pub fn name(self) -> &'static str {
        match self {
            Sort::Event => "event",
            Sort::Status => "status",
            Sort::Loss => "loss",
            Sort::Incident => "incident",
            Sort::Finding => "finding",
        }
    }
}

/// Where things come from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Host name of the node.
    pub node: String,
    /// /proc/sys/kernel/random/boot_id.
    pub boot: String,
    /// Which run of the agent within this boot: milliseconds from the boot to its start, so that later runs are larger.
    pub run: u64,
}

/// One thing that leaves. What is secret has been taken out of it.
#[derive(Clone, Debug)]
pub struct Outgoing {
    /// What it is.
    pub sort: Sort,
    /// Where it comes from.
    pub origin: Arc<Origin>,
    /// Its number within the run, from 1, without holes: a hole is something that was lost on the way.
    pub number: u64,
    /// When it happened, was found, or was told.
    pub time: Time,
    /// How bad it is, for findings and incidents.
    pub severity: Option<Severity>,
    /// What was found, for findings.
    pub class: Option<Class>,
    /// The line, as docs/JSON.md has it, with `node`, `boot`, `run` and `seq` at its end; without a line break.
    pub line: Box<str>,
}

impl Outgoing {
    /// What no other thing that ever leaves any node is called.
    pub fn id(&self) -> String {
        format!("{}-{}-{}", self.origin.boot, self.origin.run, self.number)
    }

    /// The line as a value, for feeds that write it otherwise.
    pub fn value(&self) -> Value {
        // It was made of one.
        serde_json::from_str(&self.line).unwrap_or_default()
    }
}
