//! Keeps what reports will need while events stream by: processes may be gone from the model when one is written.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;

use super::build;
use super::contact;
use super::dossier::Dossier;
use super::login::Login;
use crate::detect::{Detector, Finding, Incident, News};
use crate::model::{
    Act, Container, Deed, Event, GroupKey, Kind, Link, Loss, Model, Process, ProcessEvent, ProcessId, Sha256, Text,
};

/// Processes kept; what is found beyond that is told without its lineage.
const KEPT: usize = 20_000;
/// Ancestors kept of each process that something was found of.
const ANCESTORS: usize = 16;
/// Connections kept of each.
const CONNECTIONS: usize = 64;
/// Relations kept.
const LINKS: usize = 20_000;
/// Losses kept, the oldest leave first.
const LOSSES: usize = 1_000;
/// Paths kept per finding.
const PATHS: usize = 16;
/// Contents of programs kept, the first in the order of their names leave first.
const CONTENTS: usize = 20_000;
/// Findings of which paths are kept.
const FINDINGS: usize = 10_000;

/// Collects what reports need, event by event.
#[derive(Debug, Default)]
pub struct Collector {
    pub(super) kept: HashMap<ProcessId, Process>,
    /// What the other ends of their connections were called.
    pub(super) names: HashMap<(ProcessId, IpAddr), String>,
    /// The logins that they come from, where there are any.
    pub(super) logins: HashMap<ProcessId, Login>,
    pub(super) places: BTreeMap<GroupKey, Container>,
    pub(super) links: BTreeSet<(ProcessId, ProcessId, Link)>,
    pub(super) losses: VecDeque<Loss>,
    /// Losses that had no place.
    pub(super) forgotten: u64,
    /// The files that the events of a finding were about.
    pub(super) paths: BTreeMap<u64, Vec<Text>>,
    /// What was in the programs that ran.
    pub(super) contents: BTreeMap<(GroupKey, Text), Sha256>,
    /// Processes that had no place.
    pub(super) missed: u64,
}

impl Collector {
    /// Looks at an event that `model` has just taken in.
    pub fn happened(&mut self, event: &Event, model: &Model) {
        match event {
            Event::Loss(loss) => self.lose(loss),
            Event::Process(event) => {
                if let Kind::Content(content) = &event.kind
                    && let Some(group) = event.cgroup.as_ref().map(|cgroup| &cgroup.place.key)
                {
                    self.learn(group, &content.exe, content.sha256);
                }
                let over = matches!(event.kind, Kind::Exit(_) | Kind::Vanished);
                if over && self.kept.contains_key(&event.process) {
                    self.copy(event.process, model);
                    self.relate(event.process, model);
                }
            }
            _ => {}
        }
    }

    /// Looks at what an event brought to light, as `detector` has just taken it in.
    pub fn found(&mut self, event: &Event, news: &News, model: &Model, detector: &Detector) {
        for finding in news.findings.iter().filter_map(|&number| detector.finding(number)) {
            if let Event::Process(event) = event {
                self.note(finding, event);
            }
            self.keep(finding, model);
        }
    }

    /// Looks at everything that was found so far: for whoever did not see it happen. What `model` has let go of since is
    /// missing.
    pub fn gather(&mut self, model: &Model, detector: &Detector) {
        detector.findings().for_each(|finding| self.keep(finding, model));
    }

    /// The dossiers of all incidents worth a look. How they can be verified is for the caller to add: [`Dossier::proof`].
    pub fn finish(&mut self, model: &Model, detector: &Detector) -> Vec<Dossier> {
        let incidents = detector.incidents(model);
        incidents.iter().map(|incident| self.dossier(incident, model, detector)).collect()
    }

    /// The dossier of one incident.
    pub fn dossier(&mut self, incident: &Incident, model: &Model, detector: &Detector) -> Dossier {
        let known: Vec<ProcessId> = self.kept.keys().copied().collect();
        for id in known {
            self.copy(id, model);
            self.relate(id, model);
        }
        build::dossier(self, incident, model, detector)
    }

    fn lose(&mut self, loss: &Loss) {
        if self.losses.len() >= LOSSES {
            self.losses.pop_front();
            self.forgotten += 1;
        }
        self.losses.push_back(loss.clone());
    }

    fn learn(&mut self, group: &GroupKey, exe: &Text, sha256: Sha256) {
        if self.contents.len() >= CONTENTS {
            self.contents.pop_first();
        }
        self.contents.insert((group.clone(), exe.clone()), sha256);
    }

    fn note(&mut self, finding: &Finding, event: &ProcessEvent) {
        let Some(path) = path_of(&event.kind) else { return };
        if self.paths.len() >= FINDINGS && !self.paths.contains_key(&finding.number) {
            self.paths.pop_first();
        }
        let paths = self.paths.entry(finding.number).or_default();
        if paths.len() < PATHS && !path.is_empty() && !paths.contains(path) {
            paths.push(path.clone());
        }
    }

    fn keep(&mut self, finding: &Finding, model: &Model) {
        for id in participants(finding) {
            self.copy(id, model);
            for ancestor in model.lineage(id).take(ANCESTORS) {
                self.copy(ancestor.id, model);
            }
            self.relate(id, model);
        }
    }

    /// Copies a process as it is now; one that is gone stays as it was.
    fn copy(&mut self, id: ProcessId, model: &Model) {
        let Some(process) = model.process(id) else { return };
        let full = self.kept.len() >= KEPT;
        if let Some(session) = model.session(id) {
            self.logins.insert(id, Login::of(&session));
        }
        match self.kept.get_mut(&id) {
            Some(kept) if kept.version == process.version => {}
            // The model had let go of it, and met it again in an event that says little.
            Some(kept) if !kept.images.is_empty() && process.images.is_empty() => {
                kept.exit = kept.exit.or(process.exit);
                return;
            }
            None if full => {
                self.missed += 1;
                return;
            }
            _ => {
                let mut copy = process.clone();
                let many = copy.connections.len().saturating_sub(CONNECTIONS);
                copy.connections.drain(..many);
                self.kept.insert(id, copy);
            }
        }
        for connection in process.connections.iter().rev().take(CONNECTIONS) {
            let Some(remote) = connection.remote.map(|remote| remote.ip()) else { continue };
            if let Some(name) = contact::name(remote, &process.group, connection.opened, model) {
                self.names.insert((id, remote), name);
            }
        }
        if let Some((image, sha256)) = process.image().zip(model.content(process)) {
            self.learn(&process.group, &image.exe, sha256);
        }
        if let Some(container) = model.group(&process.group).and_then(|group| group.container.as_ref()) {
            self.places.insert(process.group.clone(), container.clone());
        }
    }

    fn relate(&mut self, id: ProcessId, model: &Model) {
        for (other, link, onward) in model.links(id) {
            if self.links.len() >= LINKS {
                return;
            }
            let (from, to) = if onward { (id, other.id) } else { (other.id, id) };
            self.links.insert((from, to, link));
        }
    }
}

/// Whose a finding is, who had a part in it, and who did what shows it.
pub(super) fn participants(finding: &Finding) -> impl Iterator<Item = ProcessId> {
    let witnesses = finding.why.iter().map(|evidence| evidence.fact.process);
    std::iter::once(finding.process).chain(finding.others.iter().copied()).chain(witnesses)
}

/// The file that an event is about.
fn path_of(kind: &Kind) -> Option<&Text> {
    match kind {
        Kind::Exec(exec) => Some(&exec.image.exe),
        Kind::Act(act) => match act.as_ref() {
            Act { what: Deed::Open(opened), .. } => Some(&opened.path),
            Act { what: Deed::Name(naming), .. } => Some(&naming.path),
            Act { what: Deed::Wrote(wrote), .. } => Some(&wrote.path),
            _ => None,
        },
        _ => None,
    }
}
