//! The fleet without a screen: what is new, as text or as lines of JSON.

use std::collections::HashMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::cli::arguments::Format;
use crate::detect::Severity;
use crate::escape::shown;
use crate::export::rfc3339;
use crate::fleet::{Fleet, Joined, Node};
use crate::model::Time;

/// Tells what was not told yet.
pub(super) struct Teller {
    format: Format,
    story: u64,
    /// What was told of each incident last, by the name of its first part.
    told: HashMap<String, Shape>,
    refused: u64,
}

/// What makes an incident worth telling anew: how bad it is, its stages, its parts and its crossings.
type Shape = (Severity, usize, usize, usize);

impl Teller {
    pub(super) fn new(format: Format) -> Teller {
        Teller { format, story: 0, told: HashMap::new(), refused: 0 }
    }

    /// Incidents that are new, worse, longer, or joined with others.
    pub(super) fn news(&mut self, fleet: &Fleet, out: &mut impl Write) -> io::Result<()> {
        if std::mem::replace(&mut self.story, fleet.story()) == fleet.story() {
            return Ok(());
        }
        for incident in fleet.incidents().iter().filter(|incident| incident.severity >= Severity::Medium) {
            let Joined { severity, steps, incidents, crossings, .. } = incident;
            let shape = (*severity, steps.len(), incidents.len(), crossings.len());
            let name = incident.id.split('+').next().unwrap_or_default().to_owned();
            if self.told.insert(name, shape) != Some(shape) {
                match self.format {
                    Format::Text => text(incident, out)?,
                    Format::Json => writeln!(out, "{}", line(incident))?,
                }
            }
        }
        Ok(())
    }

    /// How each node is.
    pub(super) fn nodes(&self, fleet: &Fleet, now: Time, out: &mut impl Write) -> io::Result<()> {
        for node in fleet.nodes() {
            match self.format {
                Format::Text => {
                    let found: u64 = node.findings.iter().sum();
                    let how = how(node, now);
                    writeln!(
                        out,
                        "{}: {found} findings, {}",
                        shown(&node.name.to_string()).as_str(),
                        shown(&how).as_str()
                    )?;
                }
                Format::Json => writeln!(out, "{}", status(node, now))?,
            }
        }
        Ok(())
    }

    /// Messages that are no line of a node: on stderr.
    pub(super) fn refused(&mut self, refused: &[(String, u64)]) {
        let all: u64 = refused.iter().map(|(_, count)| count).sum();
        if all > self.refused {
            let why: Vec<String> = refused.iter().map(|(why, count)| format!("{count}: {why}")).collect();
            eprintln!("refused: {}", why.join("; "));
        }
        self.refused = all;
    }
}

fn how(node: &Node, now: Time) -> String {
    let troubles = node.troubles();
    match (troubles.is_empty(), node.quiet(now)) {
        (true, false) => "well".to_owned(),
        (true, true) => "nothing to tell for long, or gone".to_owned(),
        (false, _) => troubles.join("; "),
    }
}

fn text(incident: &Joined, out: &mut impl Write) -> io::Result<()> {
    let nodes: Vec<String> = incident.nodes().into_iter().map(ToString::to_string).collect();
    let head = format!("{} {}: {}", incident.severity.name().to_uppercase(), nodes.join(" -> "), incident.title());
    writeln!(out, "{}  [{}]", shown(&head).as_str(), shown(&incident.id).as_str())?;
    for crossing in &incident.crossings {
        let (from, to) = (&crossing.from, &crossing.to);
        let words = format!("{} {} -> {} {}", from.node, from.process, to.node, to.process);
        let time = rfc3339(crossing.time);
        writeln!(out, "  {time}  {}  {} -> {}", shown(&words).as_str(), crossing.local, crossing.remote)?;
    }
    for step in &incident.steps {
        let words = format!("{}  {}: {}", step.node, step.stage, step.title);
        writeln!(out, "  {}  {}", rfc3339(step.time), shown(&words).as_str())?;
    }
    Ok(())
}

/// A line of the type `incident`, of one or more nodes.
fn line(incident: &Joined) -> String {
    let nodes: Vec<String> = incident.nodes().into_iter().map(ToString::to_string).collect();
    let place = |place: &crate::fleet::Place| json!({"node": place.node.to_string(), "process": place.process});
    let steps = incident.steps.iter().map(|step| {
        json!({
            "stage": step.stage, "time": rfc3339(step.time), "node": step.node.to_string(), "process": step.process,
            "severity": step.severity.name(), "title": step.title, "more": step.more,
        })
    });
    let crossings = incident.crossings.iter().map(|crossing| {
        json!({
            "time": rfc3339(crossing.time), "from": place(&crossing.from), "to": place(&crossing.to),
            "local": crossing.local, "remote": crossing.remote,
        })
    });
    let fields = json!({
        "id": incident.id, "title": incident.title(), "severity": incident.severity.name(),
        "first": rfc3339(incident.first), "last": rfc3339(incident.last),
        "stages": steps.collect::<Vec<_>>(), "crossings": crossings.collect::<Vec<_>>(), "hosts": nodes,
    });
    typed(&fields, "incident")
}

/// How a node is: a line of the type `status`.
fn status(node: &Node, now: Time) -> String {
    let bad = !node.troubles().is_empty();
    let fields = json!({
        "time": rfc3339(node.last), "topic": "node", "health": if bad { "degraded" } else { "ok" },
        "text": how(node, now), "cluster": &*node.name.cluster, "node": &*node.name.node, "lines": node.lines,
        "events": node.events, "findings": node.findings.iter().sum::<u64>(), "missing": node.missing,
        "again": node.again, "lost": node.lost,
    });
    typed(&fields, "status")
}

/// As a line of this type, which comes first in every line.
fn typed(fields: &Value, kind: &str) -> String {
    let fields = fields.to_string();
    format!("{{\"type\":\"{kind}\",{}", fields.strip_prefix('{').unwrap_or(&fields))
}
