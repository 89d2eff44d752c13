//! A finding: which rule, of whom, and why.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::exception::Exception;
use super::rule::{Class, Rule, Severity};
use crate::model::{ProcessEvent, ProcessId, Time};

/// Something that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// When: the moment of the event that completed it.
    pub time: Time,
    /// The rule: of the catalogue, or somebody's own, which may be gone or another one by now.
    pub rule: Arc<Rule>,
    /// How bad it is, here.
    pub severity: Severity,
    /// One line that a person would write.
    pub title: String,
    /// The predicates that held, each with what shows it, in the order of time.
    pub why: Vec<Evidence>,
    /// Whose it is.
    pub process: ProcessId,
    /// Others that had a part in it (the relay, the target, who wrote the file): causes and effects, not mere relatives.
    pub others: Vec<ProcessId>,
    /// False where records were lost that it may rest on.
    pub complete: bool,
    /// True when it was tried and refused.
    pub failed: bool,
    /// The exception that mutes it: it is counted, and no alarm.
    pub muted: Option<Arc<Exception>>,
    /// Its number, in the order in which findings are made; 0 until it is taken in.
    pub number: u64,
    /// The incident that it belongs to; 0 until it is joined to one.
    pub incident: u64,
}

impl Finding {
    /// Its class.
    pub fn class(&self) -> Class {
        self.rule.class
    }
}

/// A predicate that held, and the event that shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evidence {
    /// The predicate, in words: `its input is a connection that its side opened`.
    pub predicate: String,
    /// The event that shows it.
    pub fact: Fact,
}

/// An event, as much of it as evidence needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// When it happened.
    pub time: Time,
    /// Who did it.
    pub process: ProcessId,
    /// Its kind, as [`crate::model::Kind::name`].
    pub kind: Cow<'static, str>,
    /// What it says, in words.
    pub text: String,
}

impl Fact {
    /// The fact that an event is, told in `text`.
    pub fn of(event: &ProcessEvent, text: impl Into<String>) -> Fact {
        Fact { time: event.time, process: event.process, kind: event.kind.name().into(), text: text.into() }
    }
}

/// Which parts of a chain are there, and which are missing: why something was found, or why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// Name of the rule that the whole chain would raise.
    pub rule: &'static str,
    /// Its parts, in the order in which they happen.
    pub parts: Vec<Part>,
}

/// A part of a chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What is looked for, in words.
    pub label: String,
    /// What was seen of it; `None` where nothing was.
    pub seen: Option<Fact>,
}
