//! JSON lines: one object each, `type` first. docs/JSON.md shows every shape.

mod act;
mod audited;
mod endpoint;
mod found;
mod login;
mod shape;

use std::io::{self, Write};

use serde::Serialize;

use super::time::Rfc3339;
use crate::audit::Audited;
use crate::detect::{Detector, Finding, Incident};
use crate::model::{Event, GroupKey, Loss, Model, Status};
pub use found::LINEAGE;
use found::{FindingLine, IncidentLine};
use shape::{ContainerShape, EventLine};

/// Writes the line of an event that `model` has taken in already; nothing for what has no line of its own (the boot,
/// and what runtimes tell of containers).
///
/// # Errors
/// Whatever writing gives.
pub fn write_event(out: &mut impl Write, event: &Event, model: &Model) -> io::Result<()> {
    match event {
        Event::Process(event) => line(out, &EventLine::new(event, model)),
        Event::Loss(loss) => line(out, &LossLine::new(loss, model)),
        Event::Status(status) => line(out, &StatusLine::new(status)),
        Event::Boot(_) | Event::Container(_) | Event::Names(_) | Event::Posture(_) => Ok(()),
    }
}

/// Writes the line of a finding.
///
/// # Errors
/// Whatever writing gives.
pub fn write_finding(out: &mut impl Write, finding: &Finding, model: &Model) -> io::Result<()> {
    line(out, &FindingLine::new(finding, model))
}

/// Writes the line of what an audit says of a container.
///
/// # Errors
/// Whatever writing gives.
pub fn write_audited(out: &mut impl Write, audited: &Audited, model: &Model) -> io::Result<()> {
    line(out, &audited::AuditLine::new(audited, model))
}

/// Writes the line of an incident of `detector`.
///
/// # Errors
/// Whatever writing gives.
pub fn write_incident(out: &mut impl Write, incident: &Incident, detector: &Detector, model: &Model) -> io::Result<()> {
    line(out, &IncidentLine::new(incident, detector, model))
}

fn line(out: &mut impl Write, what: &impl Serialize) -> io::Result<()> {
    serde_json::to_writer(&mut *out, what)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct LossLine<'a> {
    r#type: &'static str,
    time: Rfc3339,
    kind: &'static str,
    count: u64,
    from: Rfc3339,
    to: Rfc3339,
    #[serde(skip_serializing_if = "Option::is_none")]
    container: Option<ContainerShape<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
}

impl<'a> LossLine<'a> {
    fn new(loss: &'a Loss, model: &'a Model) -> LossLine<'a> {
        LossLine {
            r#type: "loss",
            time: Rfc3339(loss.time),
            kind: loss.kind.name(),
            count: loss.count,
            from: Rfc3339(loss.from),
            to: Rfc3339(loss.to),
            container: loss.group.as_ref().and_then(|group| ContainerShape::of_group(group, model)),
            service: match &loss.group {
                Some(GroupKey::Service(name)) => Some(name),
                _ => None,
            },
        }
    }
}

#[derive(Serialize)]
struct StatusLine<'a> {
    r#type: &'static str,
    time: Rfc3339,
    topic: &'a str,
    health: &'static str,
    text: &'a str,
}

impl StatusLine<'_> {
    fn new(status: &Status) -> StatusLine<'_> {
        StatusLine {
            r#type: "status",
            time: Rfc3339(status.time),
            topic: &status.topic,
            health: status.health.name(),
            text: &status.text,
        }
    }
}
