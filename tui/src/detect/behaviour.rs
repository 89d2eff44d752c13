//! What every behaviour gets to see, and how it says what it found.

use std::sync::Arc;

use super::finding::{Chain, Evidence, Fact, Finding};
use super::rule::{self, Rule, Severity};
use crate::baseline::Acceptance;
use crate::model::{Model, Process, ProcessEvent, ProcessId, Time};

/// Watches for one sort of behaviour. It may remember, but only what is bounded: [`Behaviour::forget`] says who is gone.
pub(super) trait Behaviour: Send + std::fmt::Debug {
    /// Looks at an event that the model has taken in already.
    fn observe(&mut self, scene: &Scene<'_>, out: &mut Sink);

    /// The process ended long ago, or was evicted from the model.
    fn forget(&mut self, _gone: ProcessId, _model: &Model) {}

    /// Which parts of its chains a process shows. Only of chains of which at least one part is there.
    fn chains(&self, _process: &Process, _model: &Model) -> Vec<Chain> {
        Vec::new()
    }
}

/// An event, and the world right after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scene<'a> {
    /// What happened.
    pub(super) event: &'a ProcessEvent,
    /// The process that it happened to.
    pub(super) process: &'a Process,
    /// The model, with the event applied.
    pub(super) model: &'a Model,
}

/// Takes what is found.
#[derive(Debug, Default)]
pub(super) struct Sink {
    pub(super) found: Vec<Finding>,
    /// Processes to be looked at closely.
    pub(super) attention: Vec<ProcessId>,
    /// What a finding would be taken for if it were normal, by its place in `found`.
    pub(super) acceptable: Vec<(usize, Acceptance)>,
}

impl Sink {
    /// Raises a finding of the rule `id`; what it returns can be told more. A rule that is in no catalogue raises
    /// nothing (a test holds every `raise` against the catalogue).
    pub(super) fn raise(&mut self, id: &'static str, scene: &Scene<'_>) -> Option<&mut Finding> {
        self.raise_for(id, scene.process.id, scene.event.time)
    }

    /// Says what the finding that was raised last would be taken for if it were normal.
    pub(super) fn accept_last(&mut self, acceptance: Acceptance) {
        self.acceptable.extend(self.found.len().checked_sub(1).map(|at| (at, acceptance)));
    }

    /// As [`Sink::raise`], of another process than that of the event.
    pub(super) fn raise_for(&mut self, id: &'static str, process: ProcessId, time: Time) -> Option<&mut Finding> {
        let rule = rule::rule(id);
        debug_assert!(rule.is_some(), "no rule {id} in the catalogue");
        self.found.push(Finding::of(rule?, process, time));
        self.found.last_mut()
    }
}

impl Finding {
    /// What `rule` finds of a process, as far as the rule itself tells it.
    pub(super) fn of(rule: &Arc<Rule>, process: ProcessId, time: Time) -> Finding {
        Finding {
            time,
            rule: Arc::clone(rule),
            severity: rule.severity,
            title: rule.title.clone(),
            why: Vec::new(),
            process,
            others: Vec::new(),
            complete: true,
            failed: false,
            muted: None,
            number: 0,
            incident: 0,
        }
    }

    /// Adds a predicate that held.
    pub(super) fn because(&mut self, predicate: impl Into<String>, fact: Fact) -> &mut Finding {
        self.why.push(Evidence { predicate: predicate.into(), fact });
        self
    }

    /// Says it in words of its own.
    pub(super) fn titled(&mut self, title: impl Into<String>) -> &mut Finding {
        self.title = title.into();
        self
    }

    /// Says how bad it is here.
    pub(super) fn rated(&mut self, severity: Severity) -> &mut Finding {
        self.severity = severity;
        self
    }

    /// Names another process that had a part in it.
    pub(super) fn with(&mut self, other: Option<ProcessId>) -> &mut Finding {
        let process = self.process;
        let new = other.filter(|other| *other != process && !self.others.contains(other));
        self.others.extend(new);
        self
    }

    /// It was tried, and refused.
    pub(super) fn refused(&mut self, failed: bool) -> &mut Finding {
        self.failed = failed;
        self
    }
}
