//! The shape of what an audit says of a container.

use serde::Serialize;

use super::Rfc3339;
use super::shape::{ContainerShape, IdShape};
use crate::audit::{Audited, Outcome, Word};
use crate::model::{Model, Witness};

/// A line of the type `audit`.
#[derive(Serialize)]
pub(super) struct AuditLine<'a> {
    r#type: &'static str,
    time: Rfc3339,
    container: Option<ContainerShape<'a>>,
    ended: bool,
    witnesses: Vec<&'static str>,
    worst: Option<&'static str>,
    results: Vec<OutcomeShape<'a>>,
    unknown: Vec<&'a str>,
}

#[derive(Serialize)]
struct OutcomeShape<'a> {
    check: &'a str,
    severity: &'static str,
    title: &'a str,
    why: Vec<WordShape<'a>>,
    disagree: Option<&'a str>,
    process: Option<IdShape>,
    controls: &'a [String],
    remedy: &'a str,
}

#[derive(Serialize)]
struct WordShape<'a> {
    witness: &'static str,
    text: &'a str,
}

impl<'a> AuditLine<'a> {
    pub(super) fn new(audited: &'a Audited, model: &'a Model) -> AuditLine<'a> {
        AuditLine {
            r#type: "audit",
            time: Rfc3339(model.now()),
            container: ContainerShape::of_group(&audited.key, model),
            ended: audited.ended,
            witnesses: audited.witnesses.iter().map(|witness| Witness::name(*witness)).collect(),
            worst: audited.worst().map(|severity| severity.name()),
            results: audited.results.iter().map(|outcome| OutcomeShape::new(outcome, model)).collect(),
            unknown: audited.unknown.iter().map(|check| check.id.as_str()).collect(),
        }
    }
}

impl<'a> OutcomeShape<'a> {
    fn new(outcome: &'a Outcome, model: &Model) -> OutcomeShape<'a> {
        let word = |word: &'a Word| WordShape { witness: word.witness.name(), text: &word.text };
        OutcomeShape {
            check: &outcome.check.id,
            severity: outcome.severity.name(),
            title: &outcome.check.title,
            why: outcome.why.iter().map(word).collect(),
            disagree: outcome.disagree.as_deref(),
            process: outcome.process.map(|process| IdShape::new(process, model)),
            controls: &outcome.check.controls,
            remedy: &outcome.check.remedy,
        }
    }
}
