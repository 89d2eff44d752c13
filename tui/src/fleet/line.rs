//! A line as it came over the bus, and what of it is looked at.

use std::net::SocketAddr;

use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::End;
use super::incident::Told;
use super::node::NodeName;
use crate::detect::Severity;
use crate::model::{Health, NetOp, Time};

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

/// What of a line is looked at.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Body {
    Event(Box<EventBody>),
    Finding(FindingBody),
    Incident(Told),
    Loss(LossBody),
    Status(StatusBody),
}

impl Body {
    /// `None` where it is none of these.
    pub(super) fn read(line: &Value) -> Option<Body> {
        Body::deserialize(line).ok()
    }

    /// When it happened, by the node's clock.
    pub(super) fn time(&self) -> Option<Time> {
        match self {
            Body::Event(event) => Some(event.time),
            Body::Finding(finding) => Some(finding.time),
            Body::Incident(_) => None,
            Body::Loss(loss) => Some(loss.time),
            Body::Status(status) => Some(status.time),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct EventBody {
    #[serde(deserialize_with = "moment")]
    pub(super) time: Time,
    kind: String,
    pub(super) process: Process,
    #[serde(default)]
    endpoint: Option<Endpoint>,
}

impl EventBody {
    pub(super) fn op(&self) -> Option<NetOp> {
        [NetOp::Connect, NetOp::Established, NetOp::Accept, NetOp::Close].into_iter().find(|op| op.name() == self.kind)
    }

    /// The connection, where both ends are known and it can lead to another node.
    pub(super) fn end(&self) -> Option<End> {
        let Endpoint { local, remote, protocol } = self.endpoint.as_ref()?;
        end(protocol, (*local)?, (*remote)?)
    }
}

/// As both ends write it: IPv4 as such. `None` for what stays on a node.
pub(super) fn end(protocol: &str, local: SocketAddr, remote: SocketAddr) -> Option<End> {
    let plain = |address: SocketAddr| SocketAddr::new(address.ip().to_canonical(), address.port());
    let (local, remote) = (plain(local), plain(remote));
    let leads = |address: SocketAddr| !address.ip().is_loopback() && !address.ip().is_unspecified();
    (leads(local) && leads(remote)).then_some((protocol == "udp", local, remote))
}

#[derive(Deserialize)]
struct Endpoint {
    local: Option<SocketAddr>,
    remote: Option<SocketAddr>,
    protocol: String,
}

/// A process, as far as it is named.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
pub(super) struct Process {
    pub(super) pid: u32,
    #[serde(default)]
    exe: Option<String>,
    #[serde(default)]
    argv: Vec<String>,
    #[serde(default)]
    container: Option<Container>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
struct Container {
    id: String,
    name: Option<String>,
    pod: Option<String>,
    namespace: Option<String>,
}

impl Process {
    /// `bash (4242) of shop/web`.
    pub(super) fn words(&self) -> String {
        let program =
            self.exe.as_ref().or(self.argv.first()).map_or("?", |path| path.rsplit('/').next().unwrap_or(path));
        match self.container.as_ref().map(Container::words) {
            Some(container) => format!("{program} ({}) of {container}", self.pid),
            None => format!("{program} ({})", self.pid),
        }
    }
}

impl Container {
    fn words(&self) -> String {
        let name = self.name.clone().unwrap_or_else(|| self.id.chars().take(12).collect());
        match (&self.namespace, &self.pod) {
            (Some(namespace), Some(pod)) => format!("{namespace}/{pod}/{name}"),
            _ => name,
        }
    }
}

#[derive(Deserialize)]
pub(super) struct FindingBody {
    #[serde(deserialize_with = "moment")]
    pub(super) time: Time,
    pub(super) severity: Severity,
}

#[derive(Deserialize)]
pub(super) struct LossBody {
    #[serde(deserialize_with = "moment")]
    pub(super) time: Time,
    pub(super) count: u64,
}

#[derive(Deserialize)]
pub(super) struct StatusBody {
    #[serde(deserialize_with = "moment")]
    pub(super) time: Time,
    pub(super) topic: String,
    health: String,
    pub(super) text: String,
}

impl StatusBody {
    pub(super) fn health(&self) -> Health {
        let all = [Health::Ok, Health::Degraded, Health::Missing];
        all.into_iter().find(|health| health.name() == self.health).unwrap_or(Health::Missing)
    }
}

pub(super) fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(from)?;
    let nanos = chrono::DateTime::parse_from_rfc3339(&text).ok().and_then(|moment| moment.timestamp_nanos_opt());
    let time = nanos.and_then(|nanos| u64::try_from(nanos).ok()).map(Time);
    time.ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no moment")))
}
