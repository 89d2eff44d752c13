//! Which incidents of several nodes are one: those of which one has the one end of a connection, and another the other.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::SocketAddr;

use super::incident::{Incident, Step};
use super::line::{way, words};
use super::node::{Node, NodeName};
use super::{End, Fleet, IncidentKey};
use crate::detect::Severity;
use crate::jsonl::{IncidentLine, StageShape, WayShape};
use crate::model::{Direction, Time};

/// Both ends tell of the same connection when they saw it within this time (ns): ports are used again. It is more than
/// any handshake takes, as a clock may be off by what is taken for right.
const SAME: u64 = 60 * 1_000_000_000;

/// A process of a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The node.
    pub node: NodeName,
    /// The process: `sshd (812)`.
    pub process: String,
}

/// A connection that leads from an incident to another node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Crossing {
    /// When it was opened, as who opened it tells.
    pub time: Time,
    /// Who opened it.
    pub from: Place,
    /// To whom.
    pub to: Place,
    /// From where.
    pub local: SocketAddr,
    /// To where.
    pub remote: SocketAddr,
}

/// Incidents of one or more nodes that are one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// What it is called on each node: `web-1/i3+db-2/i1`.
    pub id: String,
    /// What it is made of, in the order in which it began.
    pub incidents: Vec<Incident>,
    /// How bad the worst of it is.
    pub severity: Severity,
    /// When the first of it was found.
    pub first: Time,
    /// When the last was.
    pub last: Time,
    /// What happened, in the order of time.
    pub steps: Vec<Step>,
    /// Where it went from node to node.
    pub crossings: Vec<Crossing>,
}

impl Joined {
    /// The nodes that it touched, in the order in which it did.
    pub fn nodes(&self) -> Vec<&NodeName> {
        let mut nodes = Vec::new();
        let led = self.crossings.iter().flat_map(|crossing| [&crossing.from.node, &crossing.to.node]);
        for node in self.incidents.iter().map(|incident| &incident.node).chain(led) {
            if !nodes.contains(&node) {
                nodes.push(node);
            }
        }
        nodes
    }

    /// One line: what its incidents are called.
    pub fn title(&self) -> String {
        let mut titles: Vec<&str> = Vec::new();
        for incident in &self.incidents {
            if !titles.contains(&incident.title.as_str()) {
                titles.push(&incident.title);
            }
        }
        titles.join("; ")
    }
}

/// All incidents, worst first and of those the latest.
pub(super) fn join(fleet: &Fleet) -> Vec<Joined> {
    let keys: Vec<&IncidentKey> = fleet.incidents.keys().collect();
    let tolds: Vec<&IncidentLine> = fleet.incidents.values().collect();
    let clock = |node: &NodeName| fleet.node(node).map_or(0, |node: &Node| node.clock.ahead());
    let right = |node: &NodeName, time: Time| Time(time.0.saturating_add_signed(clock(node).saturating_neg()));
    let mut ends: HashMap<End, Vec<(usize, &WayShape)>> = HashMap::new();
    for (at, told) in tolds.iter().enumerate() {
        for told in &told.connections {
            if let Some(end) = way(told) {
                ends.entry(end).or_default().push((at, told));
            }
        }
    }
    let mut groups: Vec<usize> = (0..keys.len()).collect();
    let mut crossings: BTreeMap<usize, BTreeSet<Crossing>> = BTreeMap::new();
    for (at, told) in tolds.iter().enumerate() {
        let node = &keys[at].0;
        for own in &told.connections {
            let Some((protocol, local, remote)) = way(own) else { continue };
            let here = Place { node: node.clone(), process: words(&own.process) };
            let met = ends.get(&(protocol, remote, local)).into_iter().flatten();
            let met = met.filter(|(other, theirs)| {
                let other = &keys[*other].0;
                other != node && right(node, own.time).0.abs_diff(right(other, theirs.time).0) <= SAME
            });
            let mut known = false;
            for (other, theirs) in met {
                known = true;
                let there = Place { node: keys[*other].0.clone(), process: words(&theirs.process) };
                crossings.entry(at).or_default().insert(crossing(own, here.clone(), there, (local, remote)));
                unite(&mut groups, at, *other);
            }
            let seen = fleet.other_end(own).filter(|(time, place)| {
                !known && place.node != *node && right(node, own.time).0.abs_diff(right(&place.node, *time).0) <= SAME
            });
            if let Some((_, place)) = seen {
                crossings.entry(at).or_default().insert(crossing(own, here, place.clone(), (local, remote)));
            }
        }
    }
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    (0..keys.len()).for_each(|at| members.entry(root(&groups, at)).or_default().push(at));
    let mut all: Vec<Joined> = members
        .into_values()
        .map(|members| {
            let led = members.iter().filter_map(|at| crossings.remove(at)).flatten().collect::<BTreeSet<_>>();
            let parts: Vec<_> = members.iter().map(|&at| (keys[at], tolds[at])).collect();
            joined(parts, led.into_iter().collect(), &right)
        })
        .collect();
    all.sort_by(|a, b| (b.severity, b.last).cmp(&(a.severity, a.last)).then_with(|| a.id.cmp(&b.id)));
    all
}

fn crossing(way: &WayShape, own: Place, there: Place, (local, remote): (SocketAddr, SocketAddr)) -> Crossing {
    match way.direction() {
        Direction::Inbound => Crossing { time: way.time, from: there, to: own, local: remote, remote: local },
        _ => Crossing { time: way.time, from: own, to: there, local, remote },
    }
}

fn root(groups: &[usize], mut at: usize) -> usize {
    while groups[at] != at {
        at = groups[at];
    }
    at
}

fn unite(groups: &mut [usize], a: usize, b: usize) {
    let (a, b) = (root(groups, a), root(groups, b));
    groups[a.max(b)] = a.min(b);
}

fn joined(
    mut parts: Vec<(&IncidentKey, &IncidentLine)>,
    mut crossings: Vec<Crossing>,
    right: &dyn Fn(&NodeName, Time) -> Time,
) -> Joined {
    parts.sort_by_key(|(key, told)| right(&key.0, told.first));
    let ids: Vec<String> = parts.iter().map(|(key, told)| format!("{}/{}", key.0, told.id)).collect();
    let incidents = parts.iter().map(|(key, told)| Incident {
        node: key.0.clone(),
        id: told.id.clone(),
        title: told.title.clone(),
        severity: told.severity,
    });
    let steps = parts.iter().flat_map(|(key, told)| told.stages.iter().map(|stage| step(&key.0, stage, right)));
    let mut steps: Vec<Step> = steps.collect();
    steps.sort_by_key(|step| step.time);
    // Either end tells of it: it is one connection.
    crossings.sort_by_key(|it| (it.local, it.remote, it.time));
    crossings.dedup_by(|a, b| (a.local, a.remote) == (b.local, b.remote));
    crossings.sort();
    Joined {
        id: ids.join("+"),
        incidents: incidents.collect(),
        severity: parts.iter().map(|(_, told)| told.severity).max().unwrap_or(Severity::Info),
        first: parts.iter().map(|(key, told)| right(&key.0, told.first)).min().unwrap_or_default(),
        last: parts.iter().map(|(key, told)| right(&key.0, told.last)).max().unwrap_or_default(),
        steps,
        crossings,
    }
}

fn step(node: &NodeName, stage: &StageShape, right: &dyn Fn(&NodeName, Time) -> Time) -> Step {
    let worst = stage.findings.iter().max_by_key(|finding| finding.severity);
    Step {
        node: node.clone(),
        stage: stage.stage.clone(),
        time: right(node, stage.time),
        process: words(&stage.process),
        severity: worst.map_or(Severity::Info, |finding| finding.severity),
        title: worst.map(|finding| finding.title.clone()).unwrap_or_default(),
        more: stage.findings.len().saturating_sub(1),
    }
}
