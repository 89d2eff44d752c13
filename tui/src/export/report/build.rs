//! Makes a dossier out of what was collected.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::actor;
use super::collect::{Collector, participants};
use super::dossier::{
    Dossier, Edge, EdgeKind, EvidenceTold, FileTold, FindingTold, LossTold, NodeFacts, PlaceTold, Proof, Role,
    StageTold, Technique,
};
use super::key::Key;
use crate::detect::{Detector, Finding, Incident};
use crate::model::{Container, GroupKey, Health, Model, Process, ProcessId, Runtime, Sha256, Text, Time};

/// Findings that are told; the worst, where there are more.
const FINDINGS: usize = 500;
/// Processes that are told.
const PROCESSES: usize = 500;
/// Ancestors of each.
const ANCESTORS: usize = 16;
/// Files that are told.
const FILES: usize = 500;
/// Losses that are told.
const LOSSES: usize = 100;

/// The dossier of `incident`.
pub(super) fn dossier(collector: &Collector, incident: &Incident, model: &Model, detector: &Detector) -> Dossier {
    let (findings, untold) = findings_of(incident, detector);
    let (roles, beyond) = roles(&findings, collector);
    let order = order(&roles, &findings, collector);
    let keys: HashMap<ProcessId, Key> = order.iter().enumerate().map(|(at, id)| (*id, Key::Process(at))).collect();
    let groups = groups(&order, collector);
    let boot = model.boot();
    let place = |id: &ProcessId| {
        let group = collector.kept.get(id).map(|process| &process.group);
        let at = group.and_then(|group| groups.iter().position(|other| other == group));
        Key::Place(at.unwrap_or(0))
    };
    let told = |id: &ProcessId| {
        let role = roles.get(id).copied().unwrap_or(Role::Ancestor);
        actor::actor(*id, collector.kept.get(id), role, place(id), boot.time, &keys, collector.logins.get(id).cloned())
    };
    let stages = stages(incident, &findings, &keys);
    let endpoints = actor::contacts(&order, &roles, collector, &keys);
    let from = since(&findings).unwrap_or(incident.first);
    let mut dossier = Dossier {
        id: incident.name(),
        title: title(incident, &findings, collector),
        severity: incident.severity,
        first: incident.first,
        last: incident.last,
        complete: findings.iter().all(|finding| finding.complete),
        node: NodeFacts { host: boot.host.clone(), boot_id: boot.id.clone(), booted: boot.time },
        processes: order.iter().map(told).collect(),
        places: groups.iter().enumerate().map(|(at, group)| place_told(at, group, collector, model)).collect(),
        edges: Vec::new(),
        files: files(&findings, &order, &roles, collector, &groups),
        techniques: once(findings.iter().flat_map(|it| &it.rule.mitre)).map(|id| Technique::of(id)).collect(),
        references: once(findings.iter().flat_map(|it| &it.rule.references)).cloned().collect(),
        next: once(findings.iter().map(|it| &it.rule.next)).cloned().collect(),
        losses: losses(collector, from, incident.last),
        missing: Vec::new(),
        redacted: false,
        proof: Proof::default(),
        stages,
        endpoints,
    };
    dossier.edges = edges(&dossier, collector, &keys);
    dossier.missing = missing(&dossier, collector, model, detector, [untold, beyond]);
    dossier
}

/// The findings in the order of time, and how many are not told.
fn findings_of<'a>(incident: &Incident, detector: &'a Detector) -> (Vec<&'a Finding>, usize) {
    let all = incident.stages.iter().flat_map(|stage| &stage.findings);
    let mut all: Vec<&Finding> = all.filter_map(|&number| detector.finding(number)).collect();
    let many = all.len().saturating_sub(FINDINGS);
    if many > 0 {
        all.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.time, finding.number));
        all.truncate(FINDINGS);
        all.sort_by_key(|finding| (finding.time, finding.number));
    }
    (all, many)
}

/// The title of the incident, with the names of its first places as they were when something was found there: the model
/// may have let go of them since.
fn title(incident: &Incident, findings: &[&Finding], collector: &Collector) -> String {
    let actors = findings.iter().flat_map(|it| std::iter::once(it.process).chain(it.others.iter().copied()));
    let groups = once(actors.filter_map(|id| Some(collector.kept.get(&id)?.group.clone())));
    let names: Vec<String> = groups
        .take(3)
        .map(|group| match &group {
            GroupKey::Host => "the host".to_owned(),
            GroupKey::Service(name) => name.to_string(),
            GroupKey::Container(id) => {
                let told = collector.places.get(&group).map(|container| &container.news);
                let name = told.and_then(|news| news.pod.clone().or(news.name.clone()));
                name.unwrap_or_else(|| id.chars().take(12).collect())
            }
        })
        .collect();
    // What happened stands before the places, and has no colon.
    let what = incident.title.split(": ").next().unwrap_or_default();
    match names.as_slice() {
        [] => incident.title.clone(),
        [one] => format!("{what}: {one}"),
        [all @ .., last] => format!("{what}: {} and {last}", all.join(", ")),
    }
}

/// Who had which part, and how many processes are not told.
fn roles(findings: &[&Finding], collector: &Collector) -> (HashMap<ProcessId, Role>, usize) {
    let mut roles: HashMap<ProcessId, Role> = HashMap::new();
    let mut beyond = HashSet::new();
    let own = findings.iter().map(|finding| (finding.process, Role::Found));
    let part = findings.iter().flat_map(|finding| participants(finding).map(|id| (id, Role::Part)));
    for (id, role) in own.chain(part) {
        if roles.len() < PROCESSES || roles.contains_key(&id) {
            roles.entry(id).or_insert(role);
        } else {
            beyond.insert(id);
        }
    }
    let parts: Vec<ProcessId> = roles.keys().copied().collect();
    for id in parts {
        let mut at = id;
        for _ in 0..ANCESTORS {
            let Some(parent) = collector.kept.get(&at).and_then(|process| process.birth_parent) else { break };
            if !collector.kept.contains_key(&parent) || roles.len() >= 2 * PROCESSES {
                break;
            }
            roles.entry(parent).or_insert(Role::Ancestor);
            at = parent;
        }
    }
    (roles, beyond.len())
}

/// Makers before those whom they made; beside that, in the order in which something was found of them or of what they
/// made, then of their start.
fn order(roles: &HashMap<ProcessId, Role>, findings: &[&Finding], collector: &Collector) -> Vec<ProcessId> {
    let parent = |id: &ProcessId| {
        let parent = collector.kept.get(id).and_then(|process| process.birth_parent);
        parent.filter(|parent| roles.contains_key(parent) && parent != id)
    };
    let mut first: HashMap<ProcessId, Time> = HashMap::new();
    for finding in findings {
        let mut next = Some(finding.process);
        // Findings come in the order of time: who has a moment has an earlier one, and so have its makers.
        while let Some(id) = next.filter(|id| !first.contains_key(id)) {
            first.insert(id, finding.time);
            next = parent(&id);
        }
    }
    let rank = |id: ProcessId| (first.get(&id).copied().unwrap_or(Time(u64::MAX)), id.start, id);
    let mut children: BTreeMap<Option<ProcessId>, BTreeSet<_>> = BTreeMap::new();
    for id in roles.keys() {
        children.entry(parent(id)).or_default().insert(rank(*id));
    }
    let mut order = Vec::with_capacity(roles.len());
    let mut waiting: Vec<ProcessId> = children.remove(&None).into_iter().flatten().map(|it| it.2).rev().collect();
    while let Some(id) = waiting.pop() {
        order.push(id);
        waiting.extend(children.remove(&Some(id)).into_iter().flatten().map(|it| it.2).rev());
    }
    // In a malformed stream two may have made each other.
    order.extend(children.into_values().flatten().map(|it| it.2));
    order
}

/// The groups of the processes, in their order; at least one.
fn groups(order: &[ProcessId], collector: &Collector) -> Vec<GroupKey> {
    let mut groups = Vec::new();
    for id in order {
        let group = collector.kept.get(id).map(|process| process.group.clone()).unwrap_or_default();
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    groups
}

fn place_told(at: usize, group: &GroupKey, collector: &Collector, model: &Model) -> PlaceTold {
    let key = Key::Place(at);
    let bare = PlaceTold {
        key,
        kind: "host",
        name: String::new(),
        id: None,
        image: None,
        runtime: None,
        pod: None,
        namespace: None,
    };
    match group {
        GroupKey::Host => {
            let host = &model.boot().host;
            PlaceTold { name: if host.is_empty() { "the host".to_owned() } else { host.clone() }, ..bare }
        }
        GroupKey::Service(name) => PlaceTold { kind: "service", name: name.to_string(), ..bare },
        GroupKey::Container(id) => {
            let Container { news, runtime, .. } = collector.places.get(group).cloned().unwrap_or_default();
            PlaceTold {
                kind: "container",
                name: news.name.unwrap_or_else(|| id.chars().take(12).collect()),
                id: Some(id.to_string()),
                image: news.image,
                runtime: runtime.or(news.runtime).map(Runtime::name),
                pod: news.pod,
                namespace: news.namespace,
                ..bare
            }
        }
    }
}

fn stages(incident: &Incident, findings: &[&Finding], keys: &HashMap<ProcessId, Key>) -> Vec<StageTold> {
    let mut at = 0;
    let mut stages = Vec::new();
    for stage in &incident.stages {
        let mut told = Vec::new();
        for finding in findings.iter().filter(|finding| stage.findings.contains(&finding.number)) {
            told.push(finding_told(Key::Finding(at), finding, keys));
            at += 1;
        }
        if !told.is_empty() {
            stages.push(StageTold { stage: stage.stage.clone(), time: stage.time, findings: told });
        }
    }
    stages
}

fn finding_told(key: Key, finding: &Finding, keys: &HashMap<ProcessId, Key>) -> FindingTold {
    let why = finding.why.iter().map(|evidence| EvidenceTold {
        predicate: evidence.predicate.clone(),
        time: evidence.fact.time,
        kind: evidence.fact.kind.clone(),
        process: keys.get(&evidence.fact.process).copied(),
        pid: evidence.fact.process.pid,
        text: evidence.fact.text.clone(),
    });
    FindingTold {
        key,
        time: finding.time,
        rule: finding.rule.id.clone(),
        class: finding.class().name(),
        severity: finding.severity,
        title: finding.title.clone(),
        meaning: finding.rule.meaning.clone(),
        next: finding.rule.next.clone(),
        mitre: finding.rule.mitre.clone(),
        references: finding.rule.references.clone(),
        complete: finding.complete,
        failed: finding.failed,
        process: keys.get(&finding.process).copied(),
        others: finding.others.iter().filter_map(|other| keys.get(other).copied()).collect(),
        why: why.collect(),
    }
}

fn edges(dossier: &Dossier, collector: &Collector, keys: &HashMap<ProcessId, Key>) -> Vec<Edge> {
    let born = dossier.processes.iter().filter_map(|process| {
        Some(Edge { from: process.parent?, to: process.key, kind: EdgeKind::Born, text: "made" })
    });
    let mut related: Vec<Edge> = collector
        .links
        .iter()
        .filter_map(|(from, to, link)| {
            let (from, to) = (*keys.get(from)?, *keys.get(to)?);
            Some(Edge { from, to, kind: EdgeKind::Relation, text: link.words().0 })
        })
        .collect();
    related.sort_by_key(|edge| (edge.from, edge.to));
    let connected = dossier.endpoints.iter().flat_map(|contact| {
        let uses = once(contact.uses.iter().map(|it| (it.process, it.direction)));
        uses.map(|(process, direction)| match direction {
            "inbound" => (contact.key, process, "connected to"),
            "listening" => (process, contact.key, "listens on"),
            _ => (process, contact.key, "connected to"),
        })
    });
    let connected = connected.map(|(from, to, text)| Edge { from, to, kind: EdgeKind::Connection, text });
    let findings: Vec<Key> = dossier.findings().map(|(_, finding)| finding.key).collect();
    let next = findings.windows(2).map(|pair| Edge { from: pair[0], to: pair[1], kind: EdgeKind::Next, text: "then" });
    born.chain(related).chain(connected).chain(next).collect()
}

fn files(
    findings: &[&Finding],
    order: &[ProcessId],
    roles: &HashMap<ProcessId, Role>,
    collector: &Collector,
    groups: &[GroupKey],
) -> Vec<FileTold> {
    let place = |process: &Process| groups.iter().position(|group| *group == process.group).map(Key::Place);
    let run = order.iter().filter(|id| roles.get(id) != Some(&Role::Ancestor)).filter_map(|id| {
        let process = collector.kept.get(id)?;
        Some((process.image()?.exe.clone(), place(process)))
    });
    let about = findings.iter().flat_map(|finding| {
        let paths = collector.paths.get(&finding.number).into_iter().flatten();
        let place = collector.kept.get(&finding.process).and_then(place);
        paths.map(move |path| (path.clone(), place))
    });
    let all = run.chain(about).filter(|(path, _)| !path.is_empty());
    let told = |(path, place): (Text, Option<Key>)| {
        let group = match place {
            Some(Key::Place(at)) => groups.get(at).cloned(),
            _ => Some(GroupKey::Host),
        };
        let known = group.and_then(|group| collector.contents.get(&(group, path.clone())));
        FileTold { path: path.lossless(), place, sha256: known.map(Sha256::to_string) }
    };
    once(all).take(FILES).map(told).collect()
}

/// When the first thing happened that shows anything of it.
fn since(findings: &[&Finding]) -> Option<Time> {
    findings.iter().flat_map(|finding| finding.why.iter().map(|it| it.fact.time).chain([finding.time])).min()
}

fn losses(collector: &Collector, from: Time, to: Time) -> Vec<LossTold> {
    let overlap = collector.losses.iter().filter(|loss| loss.from <= to && loss.to >= from);
    let told = overlap.map(|loss| LossTold { kind: loss.kind.name(), count: loss.count, from: loss.from, to: loss.to });
    told.take(LOSSES).collect()
}

fn missing(
    dossier: &Dossier,
    collector: &Collector,
    model: &Model,
    detector: &Detector,
    [untold, beyond]: [usize; 2],
) -> Vec<String> {
    let mut missing = Vec::new();
    let mut say = |count: u64, what: &str| {
        if count > 0 {
            missing.push(format!("{count} {what}"));
        }
    };
    let lost: u64 = dossier.losses.iter().map(|loss| loss.count).sum();
    say(lost, "records were lost while it went on: what they told is not here");
    say(collector.forgotten, "earlier losses of records are not listed");
    say(untold as u64, "less severe findings of this incident are not listed");
    say(beyond as u64, "further processes that had a part in it are not listed");
    say(collector.missed, "processes could not be kept: findings about them stand without their lineage");
    say(detector.dropped(), "findings were dropped since there were too many");
    let unseen = dossier.processes.iter().filter(|it| it.began_unseen && it.role != Role::Ancestor).count();
    say(unseen as u64, "of the processes ran before anything was recorded: what they did until then is not known");
    let cut = dossier.processes.iter().filter(|it| it.argv_cut).count();
    say(cut as u64, "of the processes had more arguments than were kept");
    if dossier.places.iter().any(|place| place.kind == "container" && place.image.is_none()) {
        missing.push("A container runtime did not tell the image of every container".to_owned());
    }
    let ill = model.statuses().iter().filter(|status| status.health != Health::Ok);
    missing.extend(ill.map(|status| format!("{}: {}", status.topic, status.text)));
    missing
}

/// Each once, in the order in which they come.
fn once<T: Clone + Eq + std::hash::Hash>(all: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
    let mut seen = HashSet::new();
    all.filter(move |one| seen.insert(one.clone()))
}
