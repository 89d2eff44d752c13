//! Containers that run with more than they should: held against a catalogue of checks, by what everybody tells of them. Pure.

mod catalogue;
mod facts;
mod judge;
mod paths;
mod standards;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use catalogue::{Check, check, checks};
pub use facts::{Word, told};

use crate::detect::Severity;
use crate::model::{ContainerState, Group, GroupKey, Model, ProcessId, Role, Witness};
use facts::Facts;

/// A container, held against every check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audited {
    /// Which.
    pub key: GroupKey,
    /// Its full id.
    pub id: Arc<str>,
    /// True when nothing of it runs any more.
    pub ended: bool,
    /// Who told of it; nobody for one of which only the name is known.
    pub witnesses: Vec<Witness>,
    /// What it should not be allowed, worst first.
    pub results: Vec<Outcome>,
    /// Checks of which nobody told enough to say.
    pub unknown: Vec<&'static Check>,
}

impl Audited {
    /// How bad the worst is; `None` where nothing was found.
    pub fn worst(&self) -> Option<Severity> {
        self.results.first().map(|outcome| outcome.severity)
    }

    /// How many results are as bad as this.
    pub fn count(&self, severity: Severity) -> usize {
        self.results.iter().filter(|outcome| outcome.severity == severity).count()
    }
}

/// Something that a container should not be allowed, and is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// What it was held against.
    pub check: &'static Check,
    /// How bad it is here.
    pub severity: Severity,
    /// Who says so, and what they say.
    pub why: Vec<Word>,
    /// Where /proc and the runtimes tell it differently: who says what.
    pub disagree: Option<String>,
    /// The process that it is about, where it is about one.
    pub process: Option<ProcessId>,
}

/// Every container that `model` knows but the sandboxes of pods, those that run and the worst first.
pub fn audit(model: &Model) -> Vec<Audited> {
    let mut all: Vec<_> = model.groups().filter_map(|group| of_group(model, group)).collect();
    let order = |it: &Audited| {
        let worst = it.worst().map_or(0, |severity| severity as u8 + 1);
        let count = it.worst().map_or(0, |severity| it.count(severity));
        (it.ended, std::cmp::Reverse((worst, count)), name(model, it), Arc::clone(&it.id))
    };
    all.sort_by_cached_key(order);
    all
}

/// One container; `None` for what is none, or is a pod's sandbox.
pub fn audit_of(model: &Model, key: &GroupKey) -> Option<Audited> {
    of_group(model, model.group(key)?)
}

/// How many sandboxes of pods are left out.
pub fn sandboxes(model: &Model) -> usize {
    let role = |group: &Group| group.container.as_ref().and_then(|container| container.news.role);
    model.groups().filter(|group| role(group) == Some(Role::Sandbox)).count()
}

fn name(model: &Model, audited: &Audited) -> Option<String> {
    model.group(&audited.key)?.container.as_ref()?.news.name.clone()
}

fn of_group(model: &Model, group: &Group) -> Option<Audited> {
    let (GroupKey::Container(id), Some(container)) = (&group.key, &group.container) else { return None };
    if container.news.role == Some(Role::Sandbox) {
        return None;
    }
    let facts = Facts::of(model, &group.key);
    let (mut results, unknown) = judge::all(&facts);
    // Where two are as bad, in the order of the catalogue.
    results.sort_by_key(|outcome| std::cmp::Reverse(outcome.severity));
    let runs = matches!(container.news.state, ContainerState::Running | ContainerState::Paused);
    Some(Audited {
        key: group.key.clone(),
        id: Arc::clone(id),
        ended: group.alive == 0 && !runs,
        witnesses: facts.told.iter().map(|(witness, _)| *witness).collect(),
        results,
        unknown,
    })
}
