//! Who talks to whom: connections, added up by the two ends and the port.

use std::cmp::Reverse;
use std::collections::HashMap;
use std::net::{IpAddr, SocketAddr};

use super::super::alarm::Alarms;
use super::table::Row;
use crate::detect::Severity;
use crate::model::filter::Judge;
use crate::model::{Connection, Direction, GroupKey, Model, NsKind, Process, ProcessId, Protocol, Time};

/// What the table can be ordered by; the words at the heads of its columns.
pub(super) const COLUMNS: &[&str] = &["RISK", "FROM", "TO", "OPEN", "SENT", "LAST"];

/// One end of a conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// A container, a service or the host of this node.
    Here(GroupKey),
    /// An address elsewhere.
    Elsewhere(IpAddr),
    /// Whoever comes: it listens.
    Anybody,
}

/// Connections between the same two ends, to the same port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlowRow {
    /// Who opened them.
    pub from: End,
    /// To whom.
    pub to: End,
    /// The address that was connected to, or is listened at.
    pub at: Option<SocketAddr>,
    /// TCP or UDP.
    pub protocol: Protocol,
    /// How many are open.
    pub open: u64,
    /// How many there were.
    pub count: u64,
    /// Bytes from who opened them, of those that were closed.
    pub sent: u64,
    /// Bytes back, likewise.
    pub received: u64,
    /// When one was opened or closed last.
    pub last: Time,
    /// The process that had a part in it last.
    pub process: ProcessId,
    /// Processes of this node that had a part in it.
    pub processes: u64,
    /// The worst incident that one of them belongs to.
    pub found: Option<Severity>,
}

impl Row for FlowRow {
    type Key = (End, End, Option<SocketAddr>, bool);

    fn key(&self) -> Self::Key {
        (self.from.clone(), self.to.clone(), self.at, self.protocol == Protocol::Udp)
    }
}

/// A connection from one of its ends: who, from where, to where. On the loopback only within one network namespace.
type Side = (SocketAddr, SocketAddr, Option<u32>);

fn side(process: &Process, own: SocketAddr, other: SocketAddr) -> Side {
    let plain = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let (own, other) = (plain(own), plain(other));
    let local = own.ip().is_loopback() || other.ip().is_loopback();
    (own, other, if local { process.namespaces.get(NsKind::Net) } else { None })
}

pub(super) fn rows(model: &Model, alarms: &Alarms, mut judge: Option<&mut Judge>) -> Vec<FlowRow> {
    let ends = ends(model);
    let mut flows: HashMap<<FlowRow as Row>::Key, (FlowRow, Vec<ProcessId>)> = HashMap::new();
    for process in model.processes().filter(|process| !process.connections.is_empty()) {
        if judge.as_mut().is_some_and(|judge| !judge.process(process, model)) {
            continue;
        }
        for connection in &process.connections {
            let Some(row) = row(process, connection, &ends) else { continue };
            let (flow, of) = flows.entry(row.key()).or_insert_with(|| {
                let none = FlowRow { open: 0, count: 0, sent: 0, received: 0, ..row.clone() };
                (none, Vec::new())
            });
            flow.open += row.open;
            flow.count += row.count;
            flow.sent += row.sent;
            flow.received += row.received;
            if row.last >= flow.last {
                (flow.last, flow.process) = (row.last, row.process);
            }
            flow.found = flow.found.max(alarms.mark(process.id).filter(|mark| mark.own).map(|mark| mark.severity));
            if !of.contains(&process.id) {
                of.push(process.id);
            }
        }
    }
    flows.into_values().map(|(flow, of)| FlowRow { processes: of.len() as u64, ..flow }).collect()
}

/// Who is at which end.
fn ends(model: &Model) -> HashMap<Side, &Process> {
    let mut ends = HashMap::new();
    for process in model.processes() {
        for connection in &process.connections {
            if let (Some(local), Some(remote)) = (connection.local, connection.remote) {
                ends.insert(side(process, local, remote), process);
            }
        }
    }
    ends
}

/// What one connection adds; nothing where the other end of it, within this node, adds it.
fn row(process: &Process, connection: &Connection, ends: &HashMap<Side, &Process>) -> Option<FlowRow> {
    let own = End::Here(process.group.clone());
    let peer =
        connection.local.zip(connection.remote).and_then(|(local, remote)| ends.get(&side(process, remote, local)));
    let other = |address: IpAddr| match peer {
        Some(peer) => End::Here(peer.group.clone()),
        // Who is on the loopback is within the node, if not known.
        None if address.to_canonical().is_loopback() => own.clone(),
        None => End::Elsewhere(address.to_canonical()),
    };
    let (from, to, at, swap) = match connection.direction {
        Direction::Outbound => (own.clone(), other(connection.remote?.ip()), connection.remote, false),
        Direction::Inbound if peer.is_some_and(|peer| peer.id != process.id) => return None,
        Direction::Inbound => (other(connection.remote?.ip()), own.clone(), connection.local, true),
        Direction::Listening => (End::Anybody, own.clone(), connection.local, true),
    };
    let (sent, received) = (connection.sent.unwrap_or(0), connection.received.unwrap_or(0));
    let (sent, received) = if swap { (received, sent) } else { (sent, received) };
    let open = connection.closed.is_none() && process.alive();
    Some(FlowRow {
        from,
        to,
        at: at.map(|at| SocketAddr::new(at.ip().to_canonical(), at.port())),
        protocol: connection.protocol,
        open: u64::from(open),
        count: 1,
        sent,
        received,
        last: connection.closed.unwrap_or(connection.opened).max(connection.opened),
        process: process.id,
        processes: 1,
        found: None,
    })
}

/// Puts rows in order: by a column, and where that is the same the latest first; who only listens comes last.
pub(super) fn order(rows: &mut [FlowRow], sort: usize, reversed: bool) {
    rows.sort_by(|a, b| {
        let by = match COLUMNS[sort] {
            "FROM" => a.from.cmp(&b.from),
            "TO" => (&a.to, a.at).cmp(&(&b.to, b.at)),
            "OPEN" => b.open.cmp(&a.open),
            "SENT" => b.sent.cmp(&a.sent),
            "LAST" => b.last.cmp(&a.last),
            _ => weight(b).cmp(&weight(a)),
        };
        let by = if reversed { by.reverse() } else { by };
        let waits = |row: &FlowRow| row.from == End::Anybody;
        waits(a).cmp(&waits(b)).then(by).then_with(|| b.last.cmp(&a.last)).then_with(|| a.key().cmp(&b.key()))
    });
}

/// What belongs to an incident, then what leaves the node, then what crosses from one group into another.
fn weight(row: &FlowRow) -> (Option<Severity>, bool, bool, Reverse<bool>) {
    let leaves = matches!(row.to, End::Elsewhere(_));
    let comes = matches!(row.from, End::Elsewhere(_));
    (row.found, leaves, row.from != row.to || comes, Reverse(row.open == 0))
}
