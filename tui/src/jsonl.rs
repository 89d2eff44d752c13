//! A line of docs/JSON.md as it is read: what it must have, and what it may lack. Pure.

use std::net::SocketAddr;

use chrono::DateTime;
use serde::{Deserialize, Deserializer};

use crate::detect::{Class, Severity};
use crate::model::{Direction, Health, NetOp, Protocol, Sha256, Text, Time};

/// A line, by its `type`.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(crate) enum Line {
    Event(Box<EventLine>),
    Finding(Box<FindingLine>),
    Incident(Box<IncidentLine>),
    Loss(LossLine),
    Status(StatusLine),
}

/// What `agent` adds to each line.
#[derive(Deserialize, Default, Clone, PartialEq, Eq)]
pub(crate) struct From {
    #[serde(default)]
    pub(crate) node: String,
    #[serde(default)]
    pub(crate) boot: String,
    #[serde(default)]
    pub(crate) run: u64,
}

#[derive(Deserialize)]
pub(crate) struct EventLine {
    #[serde(deserialize_with = "moment")]
    pub(crate) time: Time,
    pub(crate) kind: String,
    pub(crate) process: ProcessShape,
    pub(crate) parent: Option<Id>,
    #[serde(default)]
    pub(crate) present_parent: Option<Id>,
    #[serde(default)]
    pub(crate) tid: u32,
    #[serde(default)]
    pub(crate) exec: Option<Box<ExecShape>>,
    #[serde(default)]
    pub(crate) exit: Option<ExitShape>,
    #[serde(default)]
    pub(crate) endpoint: Option<EndpointShape>,
    #[serde(default)]
    pub(crate) cgroup: Option<CgroupShape>,
    #[serde(default)]
    pub(crate) content: Option<ContentShape>,
}

/// What is in a program.
#[derive(Deserialize)]
pub(crate) struct ContentShape {
    #[serde(deserialize_with = "maybe_text")]
    pub(crate) exe: Text,
    #[serde(deserialize_with = "digest")]
    pub(crate) sha256: Sha256,
    #[serde(default)]
    pub(crate) size: u64,
}

#[derive(Deserialize)]
pub(crate) struct FindingLine {
    #[serde(deserialize_with = "moment")]
    pub(crate) time: Time,
    pub(crate) rule: String,
    pub(crate) class: Class,
    pub(crate) severity: Severity,
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) why: Vec<WhyShape>,
    #[serde(default)]
    pub(crate) incident: Option<String>,
    #[serde(default)]
    pub(crate) complete: bool,
    #[serde(default)]
    pub(crate) failed: bool,
    #[serde(default)]
    pub(crate) muted: Option<String>,
    pub(crate) process: ProcessShape,
    #[serde(default)]
    pub(crate) lineage: Vec<ProcessShape>,
    #[serde(default)]
    pub(crate) others: Vec<ProcessShape>,
}

#[derive(Deserialize)]
pub(crate) struct WhyShape {
    pub(crate) predicate: String,
    pub(crate) event: FactShape,
}

#[derive(Deserialize)]
pub(crate) struct FactShape {
    #[serde(deserialize_with = "moment")]
    pub(crate) time: Time,
    pub(crate) kind: String,
    pub(crate) process: Id,
    pub(crate) text: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct IncidentLine {
    pub(crate) id: String,
    pub(crate) title: String,
    pub(crate) severity: Severity,
    #[serde(deserialize_with = "moment")]
    pub(crate) first: Time,
    #[serde(deserialize_with = "moment")]
    pub(crate) last: Time,
    #[serde(default)]
    pub(crate) stages: Vec<StageShape>,
    #[serde(default)]
    pub(crate) containers: Vec<String>,
    #[serde(default)]
    pub(crate) hosts: Vec<String>,
    #[serde(default)]
    pub(crate) endpoints: Vec<SocketAddr>,
    #[serde(default)]
    pub(crate) connections: Vec<WayShape>,
}

/// A connection over which an incident came, or went on.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct WayShape {
    #[serde(deserialize_with = "moment")]
    pub(crate) time: Time,
    pub(crate) process: ProcessShape,
    pub(crate) local: SocketAddr,
    pub(crate) remote: SocketAddr,
    direction: String,
    protocol: String,
}

impl WayShape {
    pub(crate) fn direction(&self) -> Direction {
        direction(&self.direction)
    }

    pub(crate) fn protocol(&self) -> Protocol {
        protocol(&self.protocol)
    }
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StageShape {
    pub(crate) stage: String,
    #[serde(deserialize_with = "moment")]
    pub(crate) time: Time,
    pub(crate) process: ProcessShape,
    #[serde(default)]
    pub(crate) findings: Vec<ShortShape>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ShortShape {
    #[serde(deserialize_with = "moment")]
    pub(crate) time: Time,
    pub(crate) rule: String,
    pub(crate) severity: Severity,
    pub(crate) title: String,
}

#[derive(Deserialize)]
pub(crate) struct LossLine {
    #[serde(deserialize_with = "moment")]
    pub(crate) time: Time,
    pub(crate) kind: String,
    pub(crate) count: u64,
    #[serde(deserialize_with = "moment")]
    pub(crate) from: Time,
    #[serde(deserialize_with = "moment")]
    pub(crate) to: Time,
    #[serde(default)]
    pub(crate) container: Option<ContainerShape>,
    #[serde(default)]
    pub(crate) service: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct StatusLine {
    #[serde(deserialize_with = "moment")]
    pub(crate) time: Time,
    pub(crate) topic: String,
    health: String,
    pub(crate) text: String,
}

impl StatusLine {
    /// What is not known is not well.
    pub(crate) fn health(&self) -> Health {
        let all = [Health::Ok, Health::Degraded, Health::Missing];
        all.into_iter().find(|health| health.name() == self.health).unwrap_or(Health::Missing)
    }
}

/// A process by its identity.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Id {
    pub(crate) pid: u32,
    #[serde(deserialize_with = "moment")]
    pub(crate) start_time: Time,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ProcessShape {
    #[serde(flatten)]
    pub(crate) id: Id,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) exe: Text,
    #[serde(default)]
    pub(crate) argv: Vec<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) cwd: Text,
    #[serde(default)]
    pub(crate) uid: Option<u32>,
    #[serde(default)]
    pub(crate) container: Option<ContainerShape>,
    #[serde(default)]
    pub(crate) service: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ContainerShape {
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) name: Option<String>,
    #[serde(default)]
    pub(crate) image: Option<String>,
    #[serde(default)]
    pub(crate) runtime: Option<String>,
    #[serde(default)]
    pub(crate) pod: Option<String>,
    #[serde(default)]
    pub(crate) namespace: Option<String>,
    #[serde(default)]
    pub(crate) role: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct ExecShape {
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) given: Text,
    #[serde(default)]
    pub(crate) argv_truncated: serde_json::Value,
    #[serde(default)]
    pub(crate) argv_unreadable: bool,
    #[serde(default)]
    pub(crate) gid: u32,
    #[serde(default)]
    pub(crate) euid: u32,
    #[serde(default)]
    pub(crate) login_uid: Option<u32>,
    #[serde(default)]
    pub(crate) audit_session: Option<u32>,
    #[serde(default)]
    pub(crate) caps: CapsShape,
    #[serde(default)]
    pub(crate) namespaces: serde_json::Map<String, serde_json::Value>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) tty: Text,
    #[serde(default)]
    pub(crate) cgroup: Option<CgroupShape>,
    #[serde(default)]
    pub(crate) ns_pid: u32,
    #[serde(default)]
    pub(crate) unlinked: bool,
}

#[derive(Deserialize, Default)]
pub(crate) struct CapsShape {
    #[serde(default, deserialize_with = "hex")]
    pub(crate) effective: u64,
    #[serde(default, deserialize_with = "hex")]
    pub(crate) permitted: u64,
}

#[derive(Deserialize)]
pub(crate) struct CgroupShape {
    pub(crate) id: Option<u64>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(crate) path: Text,
}

#[derive(Deserialize)]
pub(crate) struct ExitShape {
    pub(crate) code: Option<u8>,
    pub(crate) signal: Option<u8>,
    #[serde(default)]
    pub(crate) core_dumped: bool,
    pub(crate) run_time: Option<u64>,
}

#[derive(Deserialize)]
pub(crate) struct EndpointShape {
    pub(crate) local: Option<SocketAddr>,
    pub(crate) remote: Option<SocketAddr>,
    direction: String,
    protocol: String,
    pub(crate) bytes_sent: Option<u64>,
    pub(crate) bytes_received: Option<u64>,
    pub(crate) error: Option<i32>,
}

impl EndpointShape {
    pub(crate) fn direction(&self) -> Direction {
        direction(&self.direction)
    }

    pub(crate) fn protocol(&self) -> Protocol {
        protocol(&self.protocol)
    }
}

impl EventLine {
    /// What happened on the network, where it did.
    pub(crate) fn net_op(&self) -> Option<NetOp> {
        [NetOp::Connect, NetOp::Established, NetOp::Accept, NetOp::Listen, NetOp::Close]
            .into_iter()
            .find(|op| op.name() == self.kind)
    }
}

fn direction(name: &str) -> Direction {
    let all = [Direction::Outbound, Direction::Inbound, Direction::Listening];
    all.into_iter().find(|it| it.name() == name).unwrap_or(Direction::Outbound)
}

fn protocol(name: &str) -> Protocol {
    if name == Protocol::Udp.name() { Protocol::Udp } else { Protocol::Tcp }
}

fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(from)?;
    let nanos = DateTime::parse_from_rfc3339(&text).ok().and_then(|moment| moment.timestamp_nanos_opt());
    let time = nanos.and_then(|nanos| u64::try_from(nanos).ok()).map(Time);
    time.ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no moment")))
}

fn digest<'de, D: Deserializer<'de>>(from: D) -> Result<Sha256, D::Error> {
    let text = String::deserialize(from)?;
    Sha256::parse(&text).ok_or_else(|| serde::de::Error::custom("sha256 is not 64 hexadecimal digits"))
}

fn maybe_text<'de, D: Deserializer<'de>>(from: D) -> Result<Text, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(|text| Text::from_lossless(&text)).unwrap_or_default())
}

fn hex<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    let digits = text.strip_prefix("0x").unwrap_or(&text);
    u64::from_str_radix(digits, 16).map_err(|_| serde::de::Error::custom(format!("`{text}` is no set of bits")))
}
