//! The causality graph: processes and groups as nodes, birth and present parenthood and membership as edges.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;

use petgraph::Direction::Outgoing;
use petgraph::graphmap::DiGraphMap;
use petgraph::stable_graph::{NodeIndex, StableDiGraph};
use petgraph::visit::EdgeRef;
use serde::{Deserialize, Serialize};

use super::container::{ContainerNews, Group, GroupKey};
use super::event::{Boot, Event};
use super::health::{Loss, LossKind, Status};
use super::ids::IdMap;
use super::link::Links;
use super::process::{Process, ProcessId, Time};

mod act;
mod apply;
mod contents;
mod doubt;
mod evict;
mod groups;
mod life;
mod links;
mod memory;
mod names;
mod net;
mod postures;
mod seen;
#[cfg(test)]
mod tests;

pub use memory::Memory;

/// How much the model keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Dead processes kept; beyond that the oldest are evicted, in batches. Those that have living descendants
    /// are spared, but for the oldest when there are as many of them again.
    pub dead: usize,
    /// Connections kept per process; beyond that the oldest closed ones are forgotten.
    pub connections: usize,
    /// Images kept per process; beyond that the oldest but the first are forgotten.
    pub images: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { dead: 10_000, connections: 256, images: 64 }
    }
}

/// Running sums.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Process events applied.
    pub events: u64,
    /// Processes alive.
    pub alive: usize,
    /// Dead processes kept.
    pub dead: usize,
    /// Dead processes evicted.
    pub evicted: u64,
    /// Records lost, by kind.
    pub lost: std::collections::BTreeMap<LossKind, u64>,
}

#[derive(Clone, Debug)]
enum Node {
    Process(Arc<Process>),
    Group(Arc<Group>),
}

/// What joins two nodes; each points from the older to the younger, or from the group to its member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
enum Edge {
    /// Made it.
    Bore,
    /// Is its parent now.
    Parent,
    /// Has it as a member.
    Member,
}

/// The state of one node (machine) as told by its events. `Model::default()` knows nothing.
#[derive(Clone, Debug, Default)]
pub struct Model {
    graph: StableDiGraph<Node, Edge>,
    processes: IdMap<NodeIndex>,
    live: HashMap<u32, ProcessId>,
    groups: HashMap<GroupKey, NodeIndex>,
    /// As of which version of the model the processes of a group are what they are.
    stirred: HashMap<GroupKey, u64>,
    /// The dead without living descendants, by the time of their end: what is evicted next.
    dead: BTreeSet<(Time, ProcessId)>,
    /// The dead with living descendants, likewise: evicted only when they are too many.
    ancestors: BTreeSet<(Time, ProcessId)>,
    /// Who holds an open socket, by the kernel's handle of it.
    sockets: HashMap<u64, ProcessId>,
    ends: links::Ends,
    /// What they have to do with each other beside birth: apart from that, as whoever makes many would be slow to ask.
    links: DiGraphMap<ProcessId, Links>,
    /// What runtimes told of containers that have no group (now), latest last.
    shelf: VecDeque<ContainerNews>,
    /// What was told of addresses and users.
    names: names::Book,
    /// What containers are allowed.
    postures: postures::Postures,
    /// What is in the programs that are run.
    contents: contents::Contents,
    /// How many contents there may be until it is looked again whose groups are gone.
    contents_due: usize,
    /// How often names were told.
    named: u64,
    /// The containers of pods, by their addresses.
    pods: HashMap<IpAddr, GroupKey>,
    boot: Boot,
    limits: Limits,
    totals: Totals,
    statuses: Vec<Status>,
    losses: VecDeque<Loss>,
    doubt: doubt::Doubt,
    now: Time,
    version: u64,
}

impl Model {
    /// An empty model that keeps no more than `limits`.
    pub fn new(limits: Limits) -> Model {
        Model { limits, ..Model::default() }
    }

    /// Takes in one event. Never fails: an event about an unknown process makes it known.
    pub fn apply(&mut self, event: &Event) {
        self.version += 1;
        match event {
            Event::Boot(boot) => self.boot = boot.clone(),
            Event::Process(event) => self.apply_process(event),
            Event::Container(news) => self.apply_container(news),
            Event::Names(names) => self.apply_names(names),
            Event::Posture(posture) => self.apply_posture(posture),
            Event::Loss(loss) => self.apply_loss(loss),
            Event::Status(status) => self.apply_status(status),
        }
        self.settle_doubt();
    }

    /// Grows with every event: equal versions mean that nothing changed.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The version as of which a group has the processes that it has: it grows when one comes, leaves, ends or gets
    /// another maker, and with nothing else that happens in the group.
    pub fn stirred(&self, key: &GroupKey) -> u64 {
        self.stirred.get(key).copied().unwrap_or_default()
    }

    /// The time of the latest event.
    pub fn now(&self) -> Time {
        self.now
    }

    /// How much it keeps.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// The boot that the model is about.
    pub fn boot(&self) -> &Boot {
        &self.boot
    }

    /// Running sums.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The latest status of every part that reported one, in the order of their first report.
    pub fn statuses(&self) -> &[Status] {
        &self.statuses
    }

    /// Losses, oldest first.
    pub fn losses(&self) -> impl DoubleEndedIterator<Item = &Loss> + ExactSizeIterator {
        self.losses.iter()
    }

    /// True for the handle of a socket that events told of, and that is still open.
    pub fn knows_socket(&self, socket: u64) -> bool {
        self.sockets.contains_key(&socket)
    }

    /// A process, dead or alive, while it is kept.
    pub fn process(&self, id: ProcessId) -> Option<&Process> {
        self.processes.get(&id).and_then(|&at| self.process_at(at))
    }

    /// The living process that has this pid.
    pub fn by_pid(&self, pid: u32) -> Option<&Process> {
        self.live.get(&pid).and_then(|&id| self.process(id))
    }

    /// Every process that is kept, in no order.
    pub fn processes(&self) -> impl Iterator<Item = &Process> {
        self.graph.node_weights().filter_map(|node| match node {
            Node::Process(process) => Some(process.as_ref()),
            Node::Group(_) => None,
        })
    }

    /// Every group, in no order.
    pub fn groups(&self) -> impl Iterator<Item = &Group> {
        self.graph.node_weights().filter_map(|node| match node {
            Node::Group(group) => Some(group.as_ref()),
            Node::Process(_) => None,
        })
    }

    /// One group.
    pub fn group(&self, key: &GroupKey) -> Option<&Group> {
        self.groups.get(key).and_then(|&at| match self.graph.node_weight(at) {
            Some(Node::Group(group)) => Some(group.as_ref()),
            _ => None,
        })
    }

    /// The processes of a group, in no order.
    pub fn members(&self, key: &GroupKey) -> impl Iterator<Item = &Process> {
        self.groups
            .get(key)
            .into_iter()
            .flat_map(|&at| self.graph.edges_directed(at, Outgoing).filter_map(|edge| self.process_at(edge.target())))
    }

    /// The processes that it made and that are kept, in no order.
    pub fn born_of(&self, id: ProcessId) -> impl Iterator<Item = &Process> {
        self.related(id, Edge::Bore)
    }

    /// The processes whose parent it is now, in no order.
    pub fn children(&self, id: ProcessId) -> impl Iterator<Item = &Process> {
        self.related(id, Edge::Parent)
    }

    fn related(&self, id: ProcessId, what: Edge) -> impl Iterator<Item = &Process> {
        self.processes.get(&id).into_iter().flat_map(move |&at| {
            self.graph
                .edges_directed(at, Outgoing)
                .filter(move |edge| *edge.weight() == what)
                .filter_map(|edge| self.process_at(edge.target()))
        })
    }

    /// Its makers, nearest first, as far back as they are kept. Whoever needs the nearest only asks for no more.
    pub fn lineage(&self, id: ProcessId) -> impl Iterator<Item = &Process> + Clone {
        let maker = |process: &Process| process.birth_parent.and_then(|id| self.process(id));
        // A chain cannot be longer than the number of processes; a malformed stream must not loop.
        std::iter::successors(self.process(id).and_then(maker), move |process| maker(process))
            .take(self.processes.len())
    }

    fn process_at(&self, at: NodeIndex) -> Option<&Process> {
        match self.graph.node_weight(at) {
            Some(Node::Process(process)) => Some(process.as_ref()),
            _ => None,
        }
    }

    fn process_mut(&mut self, at: NodeIndex) -> Option<&mut Process> {
        match self.graph.node_weight_mut(at) {
            Some(Node::Process(process)) => Some(Arc::make_mut(process)),
            _ => None,
        }
    }

    /// The group of a process is not what it was.
    fn stir(&mut self, at: NodeIndex) {
        if let Some(key) = self.process_at(at).map(|process| process.group.clone()) {
            self.stirred.insert(key, self.version);
        }
    }

    fn group_mut(&mut self, key: &GroupKey) -> Option<&mut Group> {
        let at = *self.groups.get(key)?;
        match self.graph.node_weight_mut(at) {
            Some(Node::Group(group)) => Some(Arc::make_mut(group)),
            _ => None,
        }
    }
}
