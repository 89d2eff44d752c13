//! The shape of what was found: findings and incidents.

use serde::Serialize;

use super::endpoint::NameShape;
use super::shape::{Bytes, IdShape, ProcessShape};
use crate::detect::{Detector, Evidence, Finding, Incident};
use crate::export::time::Rfc3339;
use crate::model::{Connection, GroupKey, Model, ProcessId};

/// Ancestors that a finding names.
pub const LINEAGE: usize = 16;

/// A line of the type `finding`.
#[derive(Serialize)]
pub(super) struct FindingLine<'a> {
    r#type: &'static str,
    time: Rfc3339,
    rule: &'a str,
    class: &'static str,
    severity: &'static str,
    title: &'a str,
    why: Vec<WhyShape<'a>>,
    mitre: &'a [String],
    incident: Option<String>,
    complete: bool,
    failed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    muted: Option<&'a str>,
    process: ProcessShape<'a>,
    lineage: Vec<ProcessShape<'a>>,
    others: Vec<ProcessShape<'a>>,
}

#[derive(Serialize)]
struct WhyShape<'a> {
    predicate: &'a str,
    event: FactShape<'a>,
}

#[derive(Serialize)]
struct FactShape<'a> {
    time: Rfc3339,
    kind: &'a str,
    process: IdShape,
    text: &'a str,
}

impl<'a> FindingLine<'a> {
    pub(super) fn new(finding: &'a Finding, model: &'a Model) -> FindingLine<'a> {
        let why = |evidence: &'a Evidence| WhyShape {
            predicate: &evidence.predicate,
            event: FactShape {
                time: Rfc3339(evidence.fact.time),
                kind: &evidence.fact.kind,
                process: IdShape::new(evidence.fact.process, model),
                text: &evidence.fact.text,
            },
        };
        let lineage = model.lineage(finding.process).take(LINEAGE);
        FindingLine {
            r#type: "finding",
            time: Rfc3339(finding.time),
            rule: &finding.rule.id,
            class: finding.class().name(),
            severity: finding.severity.name(),
            title: &finding.title,
            why: finding.why.iter().map(why).collect(),
            mitre: &finding.rule.mitre,
            incident: (finding.incident != 0).then(|| format!("i{}", finding.incident)),
            complete: finding.complete,
            failed: finding.failed,
            muted: finding.muted.as_ref().map(|exception| exception.because.as_str()),
            process: ProcessShape::known(finding.process, model),
            lineage: lineage.map(|ancestor| ProcessShape::known(ancestor.id, model)).collect(),
            others: finding.others.iter().map(|&other| ProcessShape::known(other, model)).collect(),
        }
    }
}

/// A line of the type `incident`.
#[derive(Serialize)]
pub(super) struct IncidentLine<'a> {
    r#type: &'static str,
    id: String,
    title: &'a str,
    severity: &'static str,
    first: Rfc3339,
    last: Rfc3339,
    stages: Vec<StageShape<'a>>,
    containers: Vec<&'a str>,
    hosts: Vec<&'a str>,
    endpoints: Vec<String>,
    connections: Vec<WayShape<'a>>,
}

/// A connection over which an incident came, or went on.
#[derive(Serialize)]
struct WayShape<'a> {
    time: Rfc3339,
    process: NamedShape<'a>,
    local: String,
    remote: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<NameShape<'a>>,
    direction: &'static str,
    protocol: &'static str,
}

/// A process by its identity, and what it runs.
#[derive(Serialize)]
struct NamedShape<'a> {
    #[serde(flatten)]
    id: IdShape,
    exe: Option<Bytes<'a>>,
}

impl<'a> WayShape<'a> {
    /// `None` where an end is not known.
    fn new(process: ProcessId, connection: &Connection, model: &'a Model) -> Option<WayShape<'a>> {
        let known = model.process(process);
        let group = known.map_or(&GroupKey::Host, |process| &process.group);
        let name = connection.remote.and_then(|it| NameShape::new(it.ip(), group, connection.opened, model));
        let exe = known.and_then(|process| process.image()).map(|image| Bytes((&image.exe).into()));
        Some(WayShape {
            time: Rfc3339(connection.opened),
            process: NamedShape { id: IdShape::new(process, model), exe: exe.filter(|exe| !exe.0.is_empty()) },
            local: connection.local?.to_string(),
            remote: connection.remote?.to_string(),
            name,
            direction: connection.direction.name(),
            protocol: connection.protocol.name(),
        })
    }
}

#[derive(Serialize)]
struct StageShape<'a> {
    stage: &'a str,
    time: Rfc3339,
    process: ProcessShape<'a>,
    findings: Vec<ShortShape<'a>>,
}

/// A finding within an incident.
#[derive(Serialize)]
struct ShortShape<'a> {
    time: Rfc3339,
    rule: &'a str,
    severity: &'static str,
    title: &'a str,
}

impl<'a> IncidentLine<'a> {
    pub(super) fn new(incident: &'a Incident, detector: &'a Detector, model: &'a Model) -> IncidentLine<'a> {
        let short = |finding: &'a Finding| ShortShape {
            time: Rfc3339(finding.time),
            rule: &finding.rule.id,
            severity: finding.severity.name(),
            title: &finding.title,
        };
        let stages = incident.stages.iter().map(|stage| StageShape {
            stage: &stage.stage,
            time: Rfc3339(stage.time),
            process: ProcessShape::known(stage.process, model),
            findings: stage.findings.iter().filter_map(|&number| detector.finding(number)).map(short).collect(),
        });
        let containers = incident.places.iter().filter_map(|place| match place {
            GroupKey::Container(id) => Some(id.as_ref()),
            _ => None,
        });
        let on_host = incident.places.iter().any(|place| !matches!(place, GroupKey::Container(_)));
        IncidentLine {
            r#type: "incident",
            id: incident.name(),
            title: &incident.title,
            severity: incident.severity.name(),
            first: Rfc3339(incident.first),
            last: Rfc3339(incident.last),
            stages: stages.collect(),
            containers: containers.collect(),
            hosts: on_host.then_some(model.boot().host.as_str()).into_iter().collect(),
            endpoints: incident.endpoints.iter().map(ToString::to_string).collect(),
            connections: detector
                .ways(incident, model)
                .into_iter()
                .filter_map(|(process, connection)| WayShape::new(process, connection, model))
                .collect(),
        }
    }
}
