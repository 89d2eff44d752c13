//! A line as it came over the bus, and what of it is looked at.

use std::net::SocketAddr;

use serde_json::Value;

use super::End;
use super::node::NodeName;
use crate::jsonl::{self, ContainerShape, EventLine, ProcessShape, WayShape};
use crate::model::{NetOp, Protocol, Time};

/// A line of a node.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Who told it, by its subject.
    pub name: NodeName,
    /// That node's boot.
    pub boot: String,
    /// The run of its agent within the boot.
    pub run: u64,
    /// The number of the line within the run.
    pub number: u64,
    /// When the bus took it, by the bus's clock.
    pub kept: Time,
    /// The line, as docs/JSON.md has it.
    pub body: Value,
}

/// When a line was made, by the node's clock: an incident is told long after it began.
pub(super) fn made(line: &jsonl::Line) -> Option<Time> {
    match line {
        jsonl::Line::Event(event) => Some(event.time),
        jsonl::Line::Finding(finding) => Some(finding.time),
        jsonl::Line::Incident(_) => None,
        jsonl::Line::Loss(loss) => Some(loss.time),
        jsonl::Line::Status(status) => Some(status.time),
    }
}

/// The connection that an event opens, where both of its ends are known and it can lead to another node.
pub(super) fn opened(event: &EventLine) -> Option<End> {
    event.net_op().filter(|op| !matches!(op, NetOp::Close | NetOp::Listen))?;
    let endpoint = event.endpoint.as_ref()?;
    end(endpoint.protocol(), endpoint.local?, endpoint.remote?)
}

/// The connection over which an incident came or went on, likewise.
pub(super) fn way(way: &WayShape) -> Option<End> {
    end(way.protocol(), way.local, way.remote)
}

/// As both ends write it: IPv4 as such. `None` for what stays on a node.
fn end(protocol: Protocol, local: SocketAddr, remote: SocketAddr) -> Option<End> {
    let plain = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let (local, remote) = (plain(local), plain(remote));
    let leads = |address: SocketAddr| !address.ip().is_loopback() && !address.ip().is_unspecified();
    (leads(local) && leads(remote)).then_some((protocol, local, remote))
}

/// `bash (4242) of shop/web-7d9f/web`.
pub(super) fn words(process: &ProcessShape) -> String {
    let ran = Some(process.exe.file_name().lossless()).filter(|name| !name.is_empty());
    let called = || process.argv.first().map(|name| name.rsplit('/').next().unwrap_or(name).to_owned());
    let program = ran.or_else(called).unwrap_or_else(|| "?".to_owned());
    match &process.container {
        Some(container) => format!("{program} ({}) of {}", process.id.pid, place(container)),
        None => format!("{program} ({})", process.id.pid),
    }
}

fn place(container: &ContainerShape) -> String {
    let name = container.name.clone().unwrap_or_else(|| container.id.chars().take(12).collect());
    match (&container.namespace, &container.pod) {
        (Some(namespace), Some(pod)) => format!("{namespace}/{pod}/{name}"),
        _ => name,
    }
}
