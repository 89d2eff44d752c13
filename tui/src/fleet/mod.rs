//! Many nodes: how each is, what was found on it, and which incidents are one, as a connection leads from the one to the
//! other. Pure: lines as they came over the bus go in, and times are the bus's.

mod incident;
mod joining;
mod line;
mod node;
mod screen;

#[cfg(test)]
mod tests;

pub use incident::{Incident, Step};
pub use joining::{Crossing, Joined, Place};
pub use line::Line;
pub use node::{Clock, Node, NodeName};
pub use screen::{Focus, Marked, Row, Screen};

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;

use serde::Deserialize as _;

use crate::jsonl::{self, IncidentLine, WayShape};
use crate::model::{Protocol, Time};

/// Incidents that are kept; beyond that the oldest of the least severity go, and are counted.
const INCIDENTS: usize = 10_000;
/// Ends of connections that are remembered, of those that nodes tell of as events.
const ENDS: usize = 131_072;

/// One of several incidents of the nodes: the boot tells runs of one name apart.
pub(crate) type IncidentKey = (NodeName, String, u64, String);

/// A connection as one of its ends sees it: by which protocol, from where, to where.
pub(crate) type End = (Protocol, SocketAddr, SocketAddr);

/// What is known of all nodes.
#[derive(Debug, Default)]
pub struct Fleet {
    nodes: BTreeMap<NodeName, Node>,
    incidents: BTreeMap<IncidentKey, IncidentLine>,
    ends: HashMap<End, (Time, Place)>,
    /// The same, oldest first.
    order: VecDeque<End>,
    dropped: u64,
    bad: u64,
    version: u64,
    story: u64,
}

impl Fleet {
    /// Takes in a line. One that came before, or whose shape is none, changes nothing but a count.
    pub fn take(&mut self, line: &Line) {
        let node = self.nodes.entry(line.name.clone()).or_insert_with(|| Node::new(line.name.clone(), line.kept));
        if !node.takes(line) {
            return;
        }
        self.version += 1;
        let Ok(body) = jsonl::Line::deserialize(&line.body) else {
            self.bad += 1;
            return;
        };
        if let Some(made) = line::made(&body) {
            node.clock.note(made, line.kept);
        }
        match body {
            jsonl::Line::Finding(finding) => node.found(finding.severity),
            jsonl::Line::Status(status) => node.status(status),
            jsonl::Line::Loss(loss) => node.lost += loss.count,
            jsonl::Line::Event(event) => {
                node.events += 1;
                if let Some(end) = line::opened(&event) {
                    let place = Place { node: line.name.clone(), process: line::words(&event.process) };
                    self.connected(end, event.time, place);
                }
            }
            jsonl::Line::Incident(told) => {
                node.worst = node.worst.max(Some(told.severity));
                self.incident(line, *told);
            }
        }
    }

    fn connected(&mut self, end: End, time: Time, place: Place) {
        self.story += 1;
        if self.ends.insert(end, (time, place)).is_none() {
            self.order.push_back(end);
        }
        if self.order.len() > ENDS
            && let Some(oldest) = self.order.pop_front()
        {
            self.ends.remove(&oldest);
        }
    }

    fn incident(&mut self, line: &Line, told: IncidentLine) {
        let key = (line.name.clone(), line.boot.clone(), line.run, told.id.clone());
        self.story += 1;
        self.incidents.insert(key, told);
        if self.incidents.len() > INCIDENTS {
            let least = self.incidents.iter().min_by_key(|(_, told)| (told.severity, told.last));
            if let Some(key) = least.map(|(key, _)| key.clone()) {
                self.incidents.remove(&key);
                self.dropped += 1;
            }
        }
    }

    /// The nodes, by cluster and name.
    pub fn nodes(&self) -> impl Iterator<Item = &Node> {
        self.nodes.values()
    }

    /// A node.
    pub fn node(&self, name: &NodeName) -> Option<&Node> {
        self.nodes.get(name)
    }

    /// Incidents, worst first and of those the latest; such as are one by a connection together.
    pub fn incidents(&self) -> Vec<Joined> {
        joining::join(self)
    }

    /// Incidents that were dropped, as there were too many.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Lines of nodes whose shape this version does not know.
    pub fn bad(&self) -> u64 {
        self.bad
    }

    /// Grows with every line that was taken in.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Grows with every line that may change what [`Fleet::incidents`] gives.
    pub fn story(&self) -> u64 {
        self.story
    }

    /// Who has the other end of a connection, as far as some node told.
    fn other_end(&self, way: &WayShape) -> Option<&(Time, Place)> {
        let (protocol, local, remote) = line::way(way)?;
        self.ends.get(&(protocol, remote, local))
    }
}
