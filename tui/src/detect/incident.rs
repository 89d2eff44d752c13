//! An incident: findings that have a cause in common, told as stages.

use std::borrow::Cow;
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::rule::{Class, Severity};
use crate::model::{GroupKey, Model, ProcessId, Time};

/// Findings that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Incident {
    /// Its number. When two incidents turn out to be one, the lower stays.
    pub id: u64,
    /// One line that a person would write.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// When the first of it was found.
    pub first: Time,
    /// When the last was.
    pub last: Time,
    /// What happened, in the order of time.
    pub stages: Vec<Stage>,
    /// The groups that it touched, in the order in which it did.
    pub places: Vec<GroupKey>,
    /// The other ends of the connections of its processes.
    pub endpoints: Vec<SocketAddr>,
}

/// A step of an incident: findings of one kind that follow upon each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What it is called: see [`stage_of`].
    pub stage: Cow<'static, str>,
    /// When it began.
    pub time: Time,
    /// Of whom the first finding is.
    pub process: ProcessId,
    /// The numbers of its findings, in the order of time.
    pub findings: Vec<u64>,
}

/// What a stage with findings of this class is called.
pub fn stage_of(class: Class) -> &'static str {
    match class {
        Class::PrivilegedContainer => "exposure",
        Class::ReverseShell | Class::BindShell => "command and control",
        Class::RemoteExec | Class::FilelessExec | Class::DriftExec => "execution",
        Class::ContainerEscape => "escape",
        Class::PrivilegeEscalation => "privilege escalation",
        Class::Persistence => "persistence",
        Class::DefenseEvasion => "evasion",
        Class::SensitiveRead | Class::CredentialAccess => "credentials",
        Class::Recon => "discovery",
        Class::Exfiltration => "exfiltration",
    }
}

/// A class as the title of an incident names it.
fn words(class: Class) -> &'static str {
    match class {
        Class::ReverseShell => "reverse shell",
        Class::BindShell => "bind shell",
        Class::ContainerEscape => "container escape",
        Class::FilelessExec => "fileless execution",
        Class::DriftExec => "a program that is not of the image",
        Class::SensitiveRead => "secrets read",
        Class::CredentialAccess => "credentials reached for",
        Class::Recon => "discovery",
        Class::Persistence => "persistence",
        Class::PrivilegeEscalation => "privilege escalation",
        Class::DefenseEvasion => "traces removed",
        Class::RemoteExec => "remote code run",
        Class::Exfiltration => "data sent out",
        Class::PrivilegedContainer => "a container with too many rights",
    }
}

/// What a baseline does not have, whatever its class: it is new, and nothing is said of what it is.
const NEW: &str = "something new for its workload";

/// Endpoints that an incident names.
const ENDPOINTS: usize = 32;

impl Incident {
    /// The incident that `findings` are; at least one, in the order of time.
    pub(super) fn of(id: u64, findings: &[&Finding], model: &Model) -> Option<Incident> {
        let (first, last) = (findings.first()?.time, findings.last()?.time);
        let mut stages: Vec<Stage> = Vec::new();
        for finding in findings {
            let stage = stage_of(finding.class());
            match stages.last_mut() {
                Some(open) if open.stage == stage => open.findings.push(finding.number),
                _ => stages.push(Stage {
                    stage: stage.into(),
                    time: finding.time,
                    process: finding.process,
                    findings: vec![finding.number],
                }),
            }
        }
        let places = places(findings, model);
        Some(Incident {
            id,
            title: title(findings, &places, model),
            severity: findings.iter().fold(Gist::default(), |gist, finding| gist.and(finding)).severity(),
            first,
            last,
            stages,
            places,
            endpoints: endpoints(findings, model),
        })
    }

    /// Its name: the same in every output.
    pub fn name(&self) -> String {
        format!("i{}", self.id)
    }
}

/// What makes an incident as bad as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Gist {
    worst: Option<Severity>,
    /// A way in or out.
    remote: bool,
    /// A crossed border.
    crossed: bool,
}

impl Gist {
    /// With one more finding.
    pub(super) fn and(self, finding: &Finding) -> Gist {
        let is = |wanted: &[Class], least: Severity| {
            wanted.contains(&finding.class()) && finding.severity >= least && !finding.failed
        };
        Gist {
            worst: self.worst.max(Some(finding.severity)),
            remote: self.remote || is(&[Class::ReverseShell, Class::BindShell, Class::Exfiltration], Severity::Medium),
            crossed: self.crossed || is(&[Class::ContainerEscape], Severity::High),
        }
    }

    /// With all of another one.
    pub(super) fn join(&mut self, other: Gist) {
        self.worst = self.worst.max(other.worst);
        self.remote |= other.remote;
        self.crossed |= other.crossed;
    }

    /// The worst of the findings; a way in or out together with a crossed border is worse than each alone.
    fn severity(self) -> Severity {
        if self.remote && self.crossed { Severity::Critical } else { self.worst.unwrap_or(Severity::Info) }
    }
}

fn places(findings: &[&Finding], model: &Model) -> Vec<GroupKey> {
    let mut places: Vec<&GroupKey> = Vec::new();
    let processes =
        findings.iter().flat_map(|finding| std::iter::once(finding.process).chain(finding.others.iter().copied()));
    for process in processes.filter_map(|id| model.process(id)) {
        if !places.contains(&&process.group) {
            places.push(&process.group);
        }
    }
    places.into_iter().cloned().collect()
}

fn endpoints(findings: &[&Finding], model: &Model) -> Vec<SocketAddr> {
    let mut endpoints = Vec::new();
    let processes =
        findings.iter().flat_map(|finding| std::iter::once(finding.process).chain(finding.others.iter().copied()));
    for process in processes.filter_map(|id| model.process(id)) {
        for remote in process.connections.iter().filter_map(|connection| connection.remote) {
            if endpoints.len() < ENDPOINTS && !endpoints.contains(&remote) {
                endpoints.push(remote);
            }
        }
    }
    endpoints
}

/// What happened, worst first but in the order of time, and where.
fn title(findings: &[&Finding], places: &[GroupKey], model: &Model) -> String {
    let mut classes: Vec<(&str, Severity)> = Vec::new();
    for finding in findings {
        let word = if finding.rule.id.starts_with("baseline_") { NEW } else { words(finding.class()) };
        match classes.iter_mut().find(|(known, _)| *known == word) {
            Some((_, severity)) => *severity = finding.severity.max(*severity),
            None => classes.push((word, finding.severity)),
        }
    }
    let mut ranked: Vec<Severity> = classes.iter().map(|(_, severity)| *severity).collect();
    ranked.sort_unstable_by(|a, b| b.cmp(a));
    let least = ranked.get(2).or(ranked.last()).copied().unwrap_or(Severity::Info);
    let named: Vec<&str> = classes.iter().filter(|(_, s)| *s >= least).map(|(word, _)| *word).take(4).collect();
    let mut text = list(&named);
    if let Some(first) = text.get(..1).map(str::to_uppercase) {
        text.replace_range(..1, &first);
    }
    let places: Vec<String> = places.iter().map(|place| name_of(place, model)).take(3).collect();
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    if places.is_empty() { text } else { format!("{text}: {}", list(&places)) }
}

fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [all @ .., last] => format!("{} and {last}", all.join(", ")),
    }
}

/// What a group is called in a sentence.
pub(super) fn name_of(group: &GroupKey, model: &Model) -> String {
    match group {
        GroupKey::Host => "the host".to_owned(),
        GroupKey::Service(name) => name.to_string(),
        GroupKey::Container(id) => {
            let told = model.group(group).and_then(|group| group.container.as_ref());
            let name = told.and_then(|container| container.news.pod.clone().or(container.news.name.clone()));
            name.unwrap_or_else(|| id.chars().take(12).collect())
        }
    }
}
