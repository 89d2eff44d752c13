//! The connections over which an incident came, or went on: by both ends, so that the other node's part can be found.

use super::finding::Finding;
use crate::model::{Connection, Direction, Model, Process, ProcessId};

/// Connections of one incident that are told.
const WAYS: usize = 64;
/// How far up it is looked who was connected to.
const ANCESTORS: usize = 8;
/// Whoever starts a process for each connection does so within this time (ns) after it was opened.
const SERVED: u64 = 5_000_000_000;

/// The connections of the processes of `findings`, and those by which they were reached: a daemon hands each connection
/// to a process of its own, whose children then do what is found. Only such whose two ends are known, and not those that
/// stay on the node.
pub(super) fn ways<'a>(
    findings: impl Iterator<Item = &'a Finding>,
    model: &'a Model,
) -> Vec<(ProcessId, &'a Connection)> {
    let mut ways: Vec<(ProcessId, &Connection)> = Vec::new();
    let mut add = |id: ProcessId, connection: &'a Connection| {
        if ways.len() < WAYS && is_told(connection) && !ways.contains(&(id, connection)) {
            ways.push((id, connection));
        }
    };
    for finding in findings {
        for id in std::iter::once(finding.process).chain(finding.others.iter().copied()) {
            let Some(process) = model.process(id) else { continue };
            process.connections.iter().for_each(|connection| add(id, connection));
            let mut child = process;
            for ancestor in model.lineage(id).take(ANCESTORS) {
                let reached = ancestor.connections.iter().filter(|connection| served(ancestor, connection, child));
                reached.for_each(|connection| add(ancestor.id, connection));
                child = ancestor;
            }
        }
    }
    ways
}

fn is_told(connection: &Connection) -> bool {
    let ends = connection.local.zip(connection.remote);
    ends.is_some_and(|(local, remote)| !local.ip().to_canonical().is_loopback() && !remote.ip().is_unspecified())
}

/// Whether `child` was made for this connection of its parent: the parent has no other, or made it soon after.
fn served(parent: &Process, connection: &Connection, child: &Process) -> bool {
    if connection.direction != Direction::Inbound || connection.opened > child.born {
        return false;
    }
    let waits = parent.connections.iter().any(|other| other.direction == Direction::Listening);
    !waits || child.born.since(connection.opened) <= SERVED
}
