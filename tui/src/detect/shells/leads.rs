//! Where the standard streams of a process lead: through pipes, fifos, ptys and unix sockets, to a connection.

use std::sync::Arc;

use super::super::image::who;
use super::channels::{Channel, Channels, channel, maker};
use crate::model::{Connection, Descriptor, Direction, Endpoint, Link, Model, Process, ProcessId, Protocol, Target};

/// How many relays are gone through.
const HOPS: usize = 6;
/// Peers on unix sockets that are looked at.
const PEERS: usize = 16;
/// Which way data goes, seen from the process that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// Where its input comes from.
    In,
    /// Where its output goes.
    Out,
}

/// A connection that a stream leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lead {
    pub(super) socket: u64,
    pub(super) protocol: Option<Protocol>,
    /// Who opened it; `None` where that was not seen.
    pub(super) direction: Option<Direction>,
    pub(super) remote: Option<std::net::SocketAddr>,
    /// Who opened the connection, or holds it.
    pub(super) owner: Option<ProcessId>,
    /// The processes in between, nearest first; none where the stream is the connection itself.
    pub(super) relays: Vec<ProcessId>,
    /// Every relay stands with its own standard streams between the two: it is there for nothing else.
    pub(super) dedicated: bool,
    /// It only may lead there: over UDP, by which names are looked up, too, or through somebody else's unix socket.
    /// What is passed on must show it.
    pub(super) weak: bool,
    /// What each hop is, in words.
    pub(super) said: Vec<String>,
}

impl Channels {
    /// The connection that stream `fd` of a process leads to.
    pub(super) fn lead(&self, process: &Process, way: Way, model: &Model) -> Option<Lead> {
        let descriptor = process.stdio[usize::from(way == Way::Out)].as_ref()?;
        let mut lead = Lead {
            socket: 0,
            protocol: None,
            direction: None,
            remote: None,
            owner: None,
            relays: Vec::new(),
            dedicated: true,
            weak: false,
            said: Vec::new(),
        };
        if !self.follow(process.id, descriptor, way, model, &mut lead) {
            return None;
        }
        let which = if way == Way::In { "its input" } else { "its output" };
        lead.said.insert(0, format!("{which} is {descriptor}"));
        Some(lead)
    }

    fn follow(&self, of: ProcessId, at: &Descriptor, way: Way, model: &Model, lead: &mut Lead) -> bool {
        if let Target::Socket(endpoint) = &at.to {
            return lead.end(endpoint, of, model);
        }
        if lead.relays.len() >= HOPS {
            return false;
        }
        for (holder, stands) in self.across(of, at, way, model) {
            if lead.relays.contains(&holder) {
                continue;
            }
            let Some(relay) = model.process(holder) else { continue };
            lead.relays.push(holder);
            let before = (lead.dedicated, lead.said.len());
            lead.dedicated &= stands;
            if let Some((connection, weak)) = talks(relay, stands) {
                lead.weak |= weak;
                lead.said.push(format!("{} stands at the other end, connected to {}", who(relay), peer(connection)));
                lead.connected(relay.id, connection);
                return true;
            }
            // A filter: what it is fed comes from its own input, what it gives goes to its own output, or through a
            // named pipe that it opened.
            let further = |next: &&Descriptor| channel(next) != channel(at);
            // Whoever opened a terminal for others passes on what comes to its own streams.
            let terminal = matches!(at.to, Target::Pty(_));
            let stream = relay.stdio[usize::from(way == Way::Out)].as_ref().filter(|_| stands || terminal);
            let fifo = self.fifos.get(&relay.id).into_iter().flatten();
            let fifo = fifo.filter(|fifo| if way == Way::In { fifo.read } else { fifo.write });
            let nexts: Vec<&Descriptor> = fifo.chain(stream).filter(further).collect();
            for next in nexts {
                let at = lead.said.len();
                if self.follow(relay.id, next, way, model, lead) {
                    lead.said.insert(at, format!("{} passes it on", who(relay)));
                    return true;
                }
            }
            if let Some((bridge, connection)) = bridge(relay, model) {
                lead.said.push(format!("{} talks to {}, connected to {}", who(relay), who(bridge), peer(connection)));
                lead.relays.push(bridge.id);
                lead.weak = true;
                lead.connected(bridge.id, connection);
                return true;
            }
            lead.relays.pop();
            (lead.dedicated, _) = before;
            lead.said.truncate(before.1);
        }
        false
    }

    /// Who is at the other end of a descriptor, and whether it stands there with its own standard streams.
    fn across(&self, of: ProcessId, at: &Descriptor, way: Way, model: &Model) -> Vec<(ProcessId, bool)> {
        let mut found = Vec::new();
        let other = match &at.to {
            Target::Unix(end) if end.peer != 0 => Some(Channel::Unix(end.peer)),
            Target::Unix(_) => None,
            _ => channel(at),
        };
        let holders = other.and_then(|channel| self.holders.get(&channel)).into_iter().flatten();
        for &holder in holders.filter(|holder| **holder != of) {
            let Some(process) = model.process(holder) else { continue };
            let opposite = self.ends(process).any(|end| other == channel(end) && faces(at, end, way));
            if opposite {
                found.push((holder, true));
            }
        }
        if let Some(maker) = maker(at).filter(|maker| *maker != of && !found.iter().any(|(id, _)| id == maker)) {
            found.push((maker, false));
        }
        found
    }
}

/// Whether `end` is the other end of `at`: of a pipe the one that writes where this one reads, of a pty the master.
fn faces(at: &Descriptor, end: &Descriptor, way: Way) -> bool {
    match (&at.to, &end.to) {
        (Target::Pty(own), Target::Pty(other)) => own.master != other.master,
        (Target::Unix(_), Target::Unix(_)) => true,
        _ if way == Way::In => end.write,
        _ => end.read,
    }
}

/// The connection of a process that it may pass on: one with a peer, the newest; and whether that is uncertain. Over UDP
/// it is, but for a filter: looking up an address connects such sockets, too.
fn talks(process: &Process, stands: bool) -> Option<(&Connection, bool)> {
    let ended = process.exit.map(|(time, _)| time);
    // What its own end has closed was open until then.
    let open = |connection: &&Connection| connection.closed.is_none() || connection.closed == ended;
    let with_peer =
        |connection: &&Connection| connection.direction != Direction::Listening && connection.remote.is_some();
    let mut all = process.connections.iter().rev().filter(with_peer).filter(open);
    let sure = |connection: &Connection| stands || connection.protocol == Protocol::Tcp;
    all.clone().find(|it| sure(it)).map(|it| (it, false)).or_else(|| all.next().map(|it| (it, true)))
}

/// Somebody who is connected to the network, and by a unix socket to a relay.
fn bridge<'a>(relay: &Process, model: &'a Model) -> Option<(&'a Process, &'a Connection)> {
    let peers = model.links(relay.id).filter(|(_, link, _)| *link == Link::Unix).take(PEERS);
    let outward = |connection: &Connection| connection.direction == Direction::Outbound;
    peers.map(|(peer, ..)| peer).filter(|peer| peer.alive()).find_map(|peer| {
        let (connection, _) = talks(peer, false).filter(|(it, _)| outward(it))?;
        (connection.protocol == Protocol::Tcp).then_some((peer, connection))
    })
}

fn peer(connection: &Connection) -> String {
    connection.remote.map_or_else(|| "?".to_owned(), |remote| remote.to_string())
}

impl Lead {
    fn end(&mut self, endpoint: &Arc<Endpoint>, of: ProcessId, model: &Model) -> bool {
        if endpoint.direction == Some(Direction::Listening) || endpoint.remote.is_none() {
            return false;
        }
        self.socket = endpoint.socket;
        self.protocol = endpoint.protocol;
        self.direction = endpoint.direction.or_else(|| direction(endpoint, of, model));
        self.remote = endpoint.remote;
        self.owner = endpoint.owner;
        true
    }

    /// Where a process sends what it read from others.
    pub(super) fn answering(process: &Process, connection: &Connection) -> Lead {
        let said = format!("what commands write is sent by {}, connected to {}", who(process), peer(connection));
        Lead {
            socket: connection.socket,
            protocol: Some(connection.protocol),
            direction: Some(connection.direction),
            remote: connection.remote,
            owner: Some(process.id),
            relays: vec![process.id],
            dedicated: false,
            weak: false,
            said: vec![said],
        }
    }

    fn connected(&mut self, owner: ProcessId, connection: &Connection) {
        self.socket = connection.socket;
        self.protocol = Some(connection.protocol);
        self.direction = Some(connection.direction);
        self.remote = connection.remote;
        self.owner = Some(owner);
    }

    /// True when the connection was opened from here.
    pub(super) fn outward(&self) -> bool {
        self.direction == Some(Direction::Outbound)
    }

    /// True when the stream is the connection itself.
    pub(super) fn direct(&self) -> bool {
        self.relays.is_empty()
    }

    /// `203.0.113.9:4444`
    pub(super) fn peer(&self) -> String {
        self.remote.map_or_else(|| "an unknown peer".to_owned(), |remote| remote.to_string())
    }
}

/// Who opened a connection whose beginning was not seen: who holds it may be known from /proc.
fn direction(endpoint: &Endpoint, of: ProcessId, model: &Model) -> Option<Direction> {
    let owner = endpoint.owner.and_then(|owner| model.process(owner));
    let family = model.process(of).into_iter().chain(model.lineage(of).take(3));
    // A connection of several paths is another socket than each of its paths, with the addresses of the first.
    let same = |connection: &&Connection| connection.local == endpoint.local && connection.remote == endpoint.remote;
    owner.into_iter().chain(family).find_map(|it| it.connections.iter().find(same)).map(|it| it.direction)
}
