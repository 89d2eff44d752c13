//! What was found along a tape: which event brought it to light, and whether a stage of its incident begins with it.

use std::collections::{BTreeSet, HashMap};

use crate::detect::{Entry, Severity, stage_of};
use crate::model::{ProcessId, Time};
use crate::store::Outline;

/// A finding, as the time line has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Find {
    /// Number of the event that brought it to light.
    pub at: u64,
    /// When it happened.
    pub time: Time,
    /// Of whom it is.
    pub process: ProcessId,
    /// How bad it is.
    pub severity: Severity,
    /// An exception mutes it, or it was accepted.
    pub muted: bool,
    /// The incident that it turned out to be part of.
    pub incident: u64,
    /// The stage of it.
    pub stage: &'static str,
    /// Whether the stage begins with it.
    pub opens: bool,
    /// What it is, in a line.
    pub title: String,
}

/// Everything that was found along a tape, in its order; what was accepted, by its numbers, is muted.
pub(super) fn of(outline: &Outline, accepted: &BTreeSet<u64>) -> Vec<Find> {
    let merged = outline.found.iter().filter_map(|found| match found.entry {
        Entry::Merged(from, into) => Some((from, into)),
        Entry::Found(_) | Entry::Incident(_) => None,
    });
    let merged: HashMap<u64, u64> = merged.collect();
    let mut open: HashMap<u64, &'static str> = HashMap::new();
    let mut finds = Vec::new();
    for found in &outline.found {
        let Entry::Found(finding) = &found.entry else { continue };
        let stage = stage_of(finding.class());
        let mut incident = finding.incident;
        // The lower number stays, so this comes to an end.
        while let Some(&into) = merged.get(&incident).filter(|into| **into < incident) {
            incident = into;
        }
        let muted = finding.muted.is_some() || accepted.contains(&finding.number);
        let opens = !muted && open.insert(incident, stage) != Some(stage);
        finds.push(Find {
            at: found.at,
            time: finding.time,
            process: finding.process,
            severity: finding.severity,
            muted,
            incident,
            stage,
            opens,
            title: finding.title.clone(),
        });
    }
    finds
}
