//! Relations beside birth, as edges of the graph.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use petgraph::Direction::{Incoming, Outgoing};
use petgraph::stable_graph::NodeIndex;
use serde::{Deserialize, Serialize};

use super::super::act::{Deed, Opened};
use super::super::descriptor::{Descriptor, Target};
use super::super::event::{Direction, Kind, Net, NetOp};
use super::super::link::{Link, Links};
use super::super::process::{NsKind, Process, ProcessId};
use super::Model;

/// Relations kept of a process; a service that everybody talks to has no use for more.
const EACH: usize = 64;
/// Pipes and connections remembered; beyond that they are learned anew.
const KEPT: usize = 32_768;
/// Holders of one pipe that are remembered.
const HOLDERS: usize = 8;

/// Who holds which end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Ends {
    /// By file system and inode: who, and whether that one writes.
    pipes: BTreeMap<(u32, u64), Vec<(ProcessId, bool)>>,
    /// By local and remote address.
    connections: BTreeMap<(SocketAddr, SocketAddr), ProcessId>,
}

impl Ends {
    pub(super) fn retain(&mut self, keep: impl Fn(ProcessId) -> bool) {
        self.connections.retain(|_, id| keep(*id));
        for holders in self.pipes.values_mut() {
            holders.retain(|(id, _)| keep(*id));
        }
        self.pipes.retain(|_, holders| !holders.is_empty());
    }

    pub(super) fn map_addresses(&mut self, mut change: impl FnMut(SocketAddr) -> SocketAddr) {
        let old = std::mem::take(&mut self.connections);
        self.connections = old.into_iter().map(|((own, other), id)| ((change(own), change(other)), id)).collect();
    }
}

impl Model {
    /// What a process has to do with others: whom, how, and whether it goes from this one to that.
    pub fn links(&self, id: ProcessId) -> impl Iterator<Item = (&Process, Link, bool)> {
        let graph = &self.links;
        let to = graph.neighbors_directed(id, Outgoing).map(move |other| (other, graph.edge_weight(id, other), true));
        let from =
            graph.neighbors_directed(id, Incoming).map(move |other| (other, graph.edge_weight(other, id), false));
        let each = |(other, links, onward): (ProcessId, Option<&Links>, bool)| {
            let process = self.process(other);
            let links = links.copied().unwrap_or_default();
            Link::ALL
                .into_iter()
                .filter(move |link| links.has(*link))
                .filter_map(move |link| Some((process?, link, onward)))
        };
        to.chain(from).flat_map(each)
    }

    /// Learns what an event tells of relations.
    pub(super) fn relate(&mut self, at: NodeIndex, kind: &Kind) {
        match kind {
            Kind::Exec(exec) => {
                self.relate_streams(at);
                if let Some(writer) = exec.file.as_ref().and_then(|file| file.writer) {
                    self.link(writer, at, Link::Program);
                }
            }
            Kind::Seen(_) => self.relate_streams(at),
            Kind::Net(net) => self.relate_connection(at, net),
            Kind::Act(act) if act.error.is_none() => match &act.what {
                Deed::Descriptor { .. } => self.relate_streams(at),
                Deed::Reach { target: Some(target), .. } => self.link_from(at, *target, Link::Reach),
                Deed::UnixConnect { peer: Some(peer), .. } => self.link_from(at, *peer, Link::Unix),
                Deed::Open(opened) => self.relate_open(at, opened),
                _ => {}
            },
            _ => {}
        }
    }

    /// Streams that are not its parent's as well: those are a relation of the parent.
    fn relate_streams(&mut self, at: NodeIndex) {
        let Some(process) = self.process_at(at) else { return };
        let parent = process.birth_parent.and_then(|id| self.process(id));
        let own = |place: usize, descriptor: &Descriptor| {
            let same = parent.and_then(|parent| parent.stdio[place].as_ref());
            same.is_none_or(|same| (same.inode, same.device) != (descriptor.inode, descriptor.device))
        };
        let streams: Vec<Descriptor> = process
            .stdio
            .iter()
            .enumerate()
            .filter_map(|(place, descriptor)| descriptor.clone().filter(|it| leads_on(it) && own(place, it)))
            .collect();
        let id = process.id;
        for stream in streams {
            match &stream.to {
                Target::Pipe(_) | Target::Fifo => self.relate_pipe(at, id, &stream),
                Target::Pty(pty) if !pty.master => {
                    if let Some(opener) = pty.opener {
                        self.link(opener, at, Link::Terminal);
                    }
                }
                Target::Unix(end) => {
                    if let Some(peer) = end.process {
                        self.link(peer, at, Link::Unix);
                    }
                }
                _ => {}
            }
        }
    }

    fn relate_pipe(&mut self, at: NodeIndex, id: ProcessId, stream: &Descriptor) {
        if self.ends.pipes.len() >= KEPT {
            self.ends.pipes.clear();
        }
        let holders = self.ends.pipes.entry((stream.device, stream.inode)).or_default();
        let others: Vec<_> =
            holders.iter().filter(|(other, writes)| *other != id && *writes != stream.write).copied().collect();
        if !holders.contains(&(id, stream.write)) {
            if holders.len() >= HOLDERS {
                holders.remove(0);
            }
            holders.push((id, stream.write));
        }
        let maker = if let Target::Pipe(maker) = stream.to { maker } else { None };
        if others.is_empty()
            && let Some(maker) = maker
        {
            // Whoever made it holds the other end until somebody else does.
            return if stream.write { self.link_from(at, maker, Link::Pipe) } else { self.link(maker, at, Link::Pipe) };
        }
        for (other, writes) in others {
            if writes { self.link(other, at, Link::Pipe) } else { self.link_from(at, other, Link::Pipe) }
        }
    }

    fn relate_connection(&mut self, at: NodeIndex, net: &Net) {
        let (Some(local), Some(remote)) = (net.local, net.remote) else { return };
        if net.op == NetOp::Close {
            self.ends.connections.remove(&(local, remote));
            return;
        }
        if !matches!(net.op, NetOp::Established | NetOp::Accept) {
            return;
        }
        let Some(process) = self.process_at(at) else { return };
        let (id, space) = (process.id, process.namespaces.get(NsKind::Net));
        if self.ends.connections.len() >= KEPT {
            self.ends.connections.clear();
        }
        self.ends.connections.insert((local, remote), id);
        let Some(&other) = self.ends.connections.get(&(remote, local)).filter(|other| **other != id) else { return };
        // The same loopback address is another one in another network namespace.
        let theirs = self.process(other).and_then(|it| it.namespaces.get(NsKind::Net));
        if local.ip().is_loopback() && space.is_some() && theirs.is_some() && space != theirs {
            return;
        }
        match net.direction {
            Direction::Outbound => self.link_from(at, other, Link::Connection),
            _ => self.link(other, at, Link::Connection),
        }
    }

    fn relate_open(&mut self, at: NodeIndex, opened: &Opened) {
        if let Some(writer) = opened.writer.filter(|_| opened.read) {
            self.link(writer, at, Link::File);
        }
    }

    fn link_from(&mut self, from: NodeIndex, to: ProcessId, link: Link) {
        if let Some(from) = self.process_at(from).map(|process| process.id) {
            self.add_link(from, to, link);
        }
    }

    fn link(&mut self, from: ProcessId, to: NodeIndex, link: Link) {
        if let Some(to) = self.process_at(to).map(|process| process.id) {
            self.add_link(from, to, link);
        }
    }

    fn add_link(&mut self, from: ProcessId, to: ProcessId, link: Link) {
        let known = |id| self.processes.contains_key(&id);
        let full = |id| self.links.neighbors_directed(id, Outgoing).chain(self.links.neighbors_directed(id, Incoming));
        if from == to || !known(from) || !known(to) {
            return;
        }
        let mut links = self.links.edge_weight(from, to).copied().unwrap_or_default();
        let fresh = links == Links::default();
        if links.has(link) || fresh && [from, to].into_iter().any(|id| full(id).count() >= EACH) {
            return;
        }
        links.add(link);
        self.links.add_edge(from, to, links);
        for id in [from, to] {
            let at = self.processes.get(&id).copied();
            if let Some(process) = at.and_then(|at| self.process_mut(at)) {
                process.version += 1;
            }
        }
    }

    /// A process leaves.
    pub(super) fn unlink(&mut self, id: ProcessId) {
        self.links.remove_node(id);
    }
}

/// Whether somebody else stands at the other end.
fn leads_on(descriptor: &Descriptor) -> bool {
    matches!(descriptor.to, Target::Pipe(_) | Target::Fifo | Target::Pty(_) | Target::Unix(_))
}
