//! Which findings belong together: those that have a cause in common, not merely a pid or a moment.

use std::collections::{BTreeSet, HashMap};

use super::finding::Finding;
use crate::model::{GroupKey, Link, Model, Process, ProcessId, Time};

/// How far up causes are looked for.
const ANCESTORS: usize = 64;
/// A container is one place: what is found there within this time (ns) belongs together.
const TOGETHER: u64 = 30 * 60 * 1_000_000_000;
/// A container that begins within this time (ns) after something was planted may be what was planted.
const SPROUTS: u64 = 10 * 60 * 1_000_000_000;
/// Processes remembered; beyond that those of the oldest incidents are forgotten.
const MEMBERS: usize = 65_536;

/// Who belongs to which incident.
#[derive(Debug, Default)]
pub(super) struct Joining {
    members: HashMap<ProcessId, Member>,
    /// The incident that a container belongs to, and when something was found there last.
    places: HashMap<GroupKey, (u64, Time)>,
    /// What was planted, and when: containers that begin afterwards may have grown from it.
    planted: Vec<(Time, u64)>,
    last: u64,
    /// Up to here, incidents are somebody else's.
    left: u64,
}

#[derive(Clone, Copy, Debug)]
struct Member {
    incident: u64,
    /// Something was found of it, or it had a part in it; not only an ancestor.
    own: bool,
}

/// The incident of a finding, and those that turned out to be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) incident: u64,
    pub(super) merged: Vec<u64>,
}

impl Joining {
    /// Finds the incident of `finding`, or makes one.
    pub(super) fn join(&mut self, finding: &Finding, model: &Model) -> Joined {
        let own: Vec<ProcessId> = std::iter::once(finding.process).chain(finding.others.iter().copied()).collect();
        let mut stems = Vec::new();
        let mut found = BTreeSet::new();
        for &process in &own {
            found.extend(self.members.get(&process).map(|member| member.incident));
            self.climb(process, model, &mut stems, &mut found);
            found.extend(self.related(process, model));
        }
        let place = model.process(finding.process).map(|process| process.group.clone());
        let place = place.filter(|group| matches!(group, GroupKey::Container(_)));
        if let Some(place) = &place {
            found.extend(self.of_place(place, finding.time, model));
        }
        let mut found = found.into_iter();
        let incident = found.next().unwrap_or_else(|| {
            self.last += 1;
            self.last
        });
        let merged: Vec<u64> = found.collect();
        self.merge(&merged, incident);
        for process in own {
            self.members.insert(process, Member { incident, own: true });
        }
        for process in stems {
            self.members.entry(process).or_insert(Member { incident, own: false });
        }
        if let Some(place) = place {
            self.places.insert(place, (incident, finding.time));
        }
        if finding.rule.plants && !finding.failed && plants_pods(finding) {
            self.planted.push((finding.time, incident));
        }
        self.bound();
        Joined { incident, merged }
    }

    /// No incident that is made from now on has a number up to `incident`.
    pub(super) fn leave(&mut self, incident: u64) {
        self.last = self.last.max(incident);
        self.left = self.left.max(incident);
    }

    /// Notes a finding whose incident somebody else found; gives the incidents that were made here, and are the same.
    pub(super) fn know(&mut self, finding: &Finding, model: &Model) -> Vec<u64> {
        let (incident, left) = (finding.incident, self.left);
        let own = std::iter::once(finding.process).chain(finding.others.iter().copied());
        let known = own.filter_map(|process| self.members.get(&process)).map(|member| member.incident);
        let group = model.process(finding.process).map(|process| &process.group);
        let group = group.filter(|group| matches!(group, GroupKey::Container(_)));
        let there = group.and_then(|group| self.of_place(group, finding.time, model));
        let same: BTreeSet<u64> = known.chain(there).filter(|it| *it > left && *it != incident).collect();
        let same: Vec<u64> = same.into_iter().collect();
        self.merge(&same, incident);
        for process in std::iter::once(finding.process).chain(finding.others.iter().copied()) {
            self.members.insert(process, Member { incident, own: true });
        }
        let place = model.process(finding.process).map(|process| process.group.clone());
        if let Some(place) = place.filter(|group| matches!(group, GroupKey::Container(_))) {
            self.places.insert(place, (incident, finding.time));
        }
        self.bound();
        same
    }

    /// The ancestors that are no hub, and the incidents that they belong to. At a hub the way ends: what it starts has
    /// nothing in common but its starter, unless something was found of that itself.
    fn climb(&self, process: ProcessId, model: &Model, stems: &mut Vec<ProcessId>, found: &mut BTreeSet<u64>) {
        let Some(mut child) = model.process(process) else { return };
        for _ in 0..ANCESTORS {
            let Some(parent) = child.birth_parent.and_then(|id| model.process(id)) else { return };
            let member = self.members.get(&parent.id);
            if is_hub(parent, child, model) {
                found.extend(member.filter(|member| member.own).map(|member| member.incident));
                return;
            }
            found.extend(member.map(|member| member.incident));
            stems.push(parent.id);
            child = parent;
        }
    }

    /// The incidents of those who handed it something, or whom it handed something: a program, a file, what goes
    /// through a pipe. Services that everybody talks to join nobody.
    fn related(&self, process: ProcessId, model: &Model) -> Vec<u64> {
        let causes = |link: Link| matches!(link, Link::Pipe | Link::Program | Link::File | Link::Reach);
        let others = model.links(process).filter(|(_, link, _)| causes(*link)).map(|(other, ..)| other.id);
        others.filter_map(|other| self.members.get(&other).filter(|it| it.own)).map(|it| it.incident).collect()
    }

    fn of_place(&self, place: &GroupKey, time: Time, model: &Model) -> Option<u64> {
        let known = self.places.get(place).filter(|(_, last)| time.since(*last) <= TOGETHER).map(|(id, _)| *id);
        known.or_else(|| {
            let began = model.group(place)?.first;
            let sprouted = |planted: Time| began >= planted && began.since(planted) <= SPROUTS;
            self.planted.iter().rev().find(|(planted, _)| sprouted(*planted)).map(|(_, id)| *id)
        })
    }

    fn merge(&mut self, from: &[u64], to: u64) {
        if from.is_empty() {
            return;
        }
        let moved = |incident: &mut u64| {
            if from.contains(incident) {
                *incident = to;
            }
        };
        self.members.values_mut().for_each(|member| moved(&mut member.incident));
        self.places.values_mut().for_each(|(incident, _)| moved(incident));
        self.planted.iter_mut().for_each(|(_, incident)| moved(incident));
    }

    fn bound(&mut self) {
        if self.members.len() <= MEMBERS {
            return;
        }
        let mut incidents: Vec<u64> = self.members.values().map(|member| member.incident).collect();
        incidents.sort_unstable();
        let middle = incidents.get(incidents.len() / 2).copied().unwrap_or(0);
        self.members.retain(|_, member| member.incident > middle);
        self.places.retain(|_, (incident, _)| *incident > middle);
        self.planted.retain(|(_, incident)| *incident > middle);
    }
}

/// The highest of its makers, itself included, below what starts everything: who has the same one has a cause in common.
pub(super) fn family(process: &Process, model: &Model) -> ProcessId {
    let mut child = process;
    for _ in 0..ANCESTORS {
        match child.birth_parent.and_then(|id| model.process(id)) {
            Some(parent) if !is_hub(parent, child, model) => child = parent,
            _ => break,
        }
    }
    child.id
}

/// What was planted lies where a node takes pods from: a container that begins afterwards may be that pod. Anything else
/// that is planted grows into processes, whose makers tell.
fn plants_pods(finding: &Finding) -> bool {
    let places = ["manifests", "kubelet.d"];
    finding.why.iter().any(|evidence| places.iter().any(|place| evidence.fact.text.contains(place)))
}

/// True for a process that starts others which have nothing else in common: init, kernel threads, the main process of
/// a service, and outside a container whoever starts it or runs something in it.
fn is_hub(process: &Process, child: &Process, model: &Model) -> bool {
    if process.id.pid <= 2 {
        return true;
    }
    let inside = |process: &Process| matches!(process.group, GroupKey::Container(_));
    // Into a container: the runtime. Out of one: an escape, which is the very cause that is looked for.
    if !inside(process) && (inside(child) || child.born_in.as_ref().is_some_and(|born| *born != process.group)) {
        return true;
    }
    if !inside(process) && starts_containers(process, model) {
        return true;
    }
    let top = process.birth_parent.is_none_or(|parent| parent.pid <= 2);
    top && !inside(process)
}

/// A child of it runs in a container.
fn starts_containers(process: &Process, model: &Model) -> bool {
    model.born_of(process.id).take(256).any(|child| matches!(child.group, GroupKey::Container(_)))
}

#[cfg(test)]
mod tests;
