//! What happens to the sockets of a process.

use petgraph::stable_graph::NodeIndex;

use super::super::event::{Net, NetOp, Protocol};
use super::super::process::{Connection, Process, Time};
use super::Model;

/// Holders of sockets remembered; when closes were lost and there are more, they are learned anew.
const SOCKETS: usize = 65_536;

impl Model {
    pub(super) fn net(&mut self, at: NodeIndex, time: Time, net: &Net) {
        let keep = self.limits.connections;
        let handed_over = self.hand_over(at, net);
        let Some(process) = self.process_mut(at) else { return };
        process.connections.extend(handed_over);
        let ended = process.exit.map(|(ended, _)| ended);
        match find(process, net) {
            Some(known) if begins(net) && other(known, net) => {
                // The handle is used again: the close of the old one was lost.
                known.closed = Some(time);
                push(process, time, net);
            }
            Some(known) => update(known, time, net),
            // A close that tells no end of a connection that nobody knows tells nothing.
            None if net.op == NetOp::Close && net.local.is_none() && net.remote.is_none() => {}
            None => push(process, time, net),
        }
        if let (Some(ended), Some(last)) = (ended, process.connections.last_mut()) {
            last.closed = last.closed.or(Some(ended.max(last.opened)));
        }
        bound(&mut process.connections, keep);
    }

    /// Keeps who holds a socket. Gives the connection when another process held it so far: accepted by one, it was
    /// handed to another, which closes it.
    fn hand_over(&mut self, at: NodeIndex, net: &Net) -> Option<Connection> {
        if net.socket == 0 {
            return None;
        }
        let id = self.process_at(at)?.id;
        if self.sockets.len() >= SOCKETS {
            self.sockets.clear();
        }
        let before = match net.op {
            NetOp::Close => self.sockets.remove(&net.socket),
            _ => self.sockets.insert(net.socket, id),
        };
        let before = *self.processes.get(&before.filter(|before| *before != id)?)?;
        let holder = self.process_mut(before)?;
        let same = |known: &Connection| known.socket == net.socket && known.sent.is_none() && !other(known, net);
        let found = holder.connections.iter().rposition(same)?;
        holder.version += 1;
        let mut connection = holder.connections.remove(found);
        connection.closed = None;
        Some(connection)
    }
}

/// The connection that `net` is about: an open one, or for a close one that the exit of the process ended before
/// the kernel was done with it.
fn find<'a>(process: &'a mut Process, net: &Net) -> Option<&'a mut Connection> {
    let ended = process.exit.map(|(ended, _)| ended);
    process.connections.iter_mut().rev().find(|known| {
        let cut = net.op == NetOp::Close && ended.is_some() && known.sent.is_none() && known.received.is_none();
        (known.closed.is_none() || cut) && same_socket(known, net)
    })
}

fn begins(net: &Net) -> bool {
    matches!(net.op, NetOp::Connect | NetOp::Accept | NetOp::Listen)
}

fn other(known: &Connection, net: &Net) -> bool {
    let told = known.remote.is_some() && net.remote.is_some();
    known.protocol != net.protocol || known.direction != net.direction || told && known.remote != net.remote
}

fn same_socket(known: &Connection, net: &Net) -> bool {
    if known.socket != 0 && net.socket != 0 {
        return known.socket == net.socket;
    }
    let local = known.local == net.local || known.local.is_none() || net.local.is_none();
    known.protocol == net.protocol && local && known.remote == net.remote
}

fn push(process: &mut Process, time: Time, net: &Net) {
    let mut connection = Connection {
        socket: net.socket,
        protocol: net.protocol,
        direction: net.direction,
        local: net.local,
        remote: net.remote,
        opened: time,
        established: net.protocol == Protocol::Udp || !matches!(net.op, NetOp::Connect | NetOp::Close),
        closed: None,
        sent: None,
        received: None,
    };
    update(&mut connection, time, net);
    process.connections.push(connection);
}

fn update(connection: &mut Connection, time: Time, net: &Net) {
    connection.local = net.local.or(connection.local);
    connection.remote = net.remote.or(connection.remote);
    if connection.socket == 0 {
        connection.socket = net.socket;
    }
    match net.op {
        NetOp::Established | NetOp::Accept | NetOp::Listen => connection.established = true,
        NetOp::Connect => {}
        NetOp::Close => {
            connection.closed = Some(time);
            connection.sent = net.sent;
            connection.received = net.received;
        }
    }
}

/// Forgets the oldest closed connections beyond `keep`, and the oldest open ones where that is not enough.
pub(super) fn bound(connections: &mut Vec<Connection>, keep: usize) {
    while connections.len() > keep {
        let oldest = connections.iter().position(|known| known.closed.is_some()).unwrap_or(0);
        connections.remove(oldest);
    }
}
