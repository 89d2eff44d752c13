//! The lines of docs/JSON.md, as far as they are needed to tell the same again.

use std::net::SocketAddr;

use chrono::DateTime;
use serde::{Deserialize, Deserializer};

use crate::detect::{Class, Severity};
use crate::model::{NetOp, Text, Time};

/// A line, by its `type`.
#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum Line {
    Event(Box<EventLine>),
    Finding(Box<FindingLine>),
    Incident(Box<IncidentLine>),
    Loss(LossLine),
    Status(StatusLine),
}

/// What `agent` adds to each line.
#[derive(Deserialize, Default, Clone, PartialEq, Eq)]
pub(super) struct From {
    #[serde(default)]
    pub(super) node: String,
    #[serde(default)]
    pub(super) boot: String,
    #[serde(default)]
    pub(super) run: u64,
}

#[derive(Deserialize)]
pub(super) struct EventLine {
    #[serde(deserialize_with = "moment")]
    pub(super) time: Time,
    pub(super) kind: String,
    pub(super) process: ProcessShape,
    pub(super) parent: Option<Id>,
    #[serde(default)]
    pub(super) present_parent: Option<Id>,
    #[serde(default)]
    pub(super) tid: u32,
    #[serde(default)]
    pub(super) exec: Option<Box<ExecShape>>,
    #[serde(default)]
    pub(super) exit: Option<ExitShape>,
    #[serde(default)]
    pub(super) endpoint: Option<EndpointShape>,
    #[serde(default)]
    pub(super) cgroup: Option<CgroupShape>,
}

#[derive(Deserialize)]
pub(super) struct FindingLine {
    #[serde(deserialize_with = "moment")]
    pub(super) time: Time,
    pub(super) rule: String,
    pub(super) class: Class,
    pub(super) severity: Severity,
    pub(super) title: String,
    #[serde(default)]
    pub(super) why: Vec<WhyShape>,
    #[serde(default)]
    pub(super) incident: Option<String>,
    #[serde(default)]
    pub(super) complete: bool,
    #[serde(default)]
    pub(super) failed: bool,
    #[serde(default)]
    pub(super) muted: Option<String>,
    pub(super) process: ProcessShape,
    #[serde(default)]
    pub(super) lineage: Vec<ProcessShape>,
    #[serde(default)]
    pub(super) others: Vec<ProcessShape>,
}

#[derive(Deserialize)]
pub(super) struct WhyShape {
    pub(super) predicate: String,
    pub(super) event: FactShape,
}

#[derive(Deserialize)]
pub(super) struct FactShape {
    #[serde(deserialize_with = "moment")]
    pub(super) time: Time,
    pub(super) kind: String,
    pub(super) process: Id,
    pub(super) text: String,
}

#[derive(Deserialize)]
pub(super) struct IncidentLine {
    pub(super) id: String,
    pub(super) title: String,
    pub(super) severity: Severity,
    #[serde(deserialize_with = "moment")]
    pub(super) first: Time,
    #[serde(deserialize_with = "moment")]
    pub(super) last: Time,
    #[serde(default)]
    pub(super) stages: Vec<StageShape>,
    #[serde(default)]
    pub(super) containers: Vec<String>,
    #[serde(default)]
    pub(super) hosts: Vec<String>,
    #[serde(default)]
    pub(super) endpoints: Vec<SocketAddr>,
}

#[derive(Deserialize)]
pub(super) struct StageShape {
    pub(super) stage: String,
    #[serde(deserialize_with = "moment")]
    pub(super) time: Time,
    pub(super) process: ProcessShape,
    #[serde(default)]
    pub(super) findings: Vec<ShortShape>,
}

#[derive(Deserialize)]
pub(super) struct ShortShape {
    #[serde(deserialize_with = "moment")]
    pub(super) time: Time,
    pub(super) rule: String,
    pub(super) severity: Severity,
    pub(super) title: String,
}

#[derive(Deserialize)]
pub(super) struct LossLine {
    #[serde(deserialize_with = "moment")]
    pub(super) time: Time,
    pub(super) kind: String,
    pub(super) count: u64,
    #[serde(deserialize_with = "moment")]
    pub(super) from: Time,
    #[serde(deserialize_with = "moment")]
    pub(super) to: Time,
}

#[derive(Deserialize)]
pub(super) struct StatusLine {
    #[serde(deserialize_with = "moment")]
    pub(super) time: Time,
    pub(super) topic: String,
    pub(super) health: String,
    pub(super) text: String,
}

/// A process by its identity.
#[derive(Deserialize, Clone, Copy)]
pub(super) struct Id {
    pub(super) pid: u32,
    #[serde(deserialize_with = "moment")]
    pub(super) start_time: Time,
}

#[derive(Deserialize)]
pub(super) struct ProcessShape {
    #[serde(flatten)]
    pub(super) id: Id,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(super) exe: Text,
    #[serde(default)]
    pub(super) argv: Vec<String>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(super) cwd: Text,
    #[serde(default)]
    pub(super) uid: Option<u32>,
    #[serde(default)]
    pub(super) container: Option<ContainerShape>,
    #[serde(default)]
    pub(super) service: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ContainerShape {
    pub(super) id: String,
    #[serde(default)]
    pub(super) name: Option<String>,
    #[serde(default)]
    pub(super) image: Option<String>,
    #[serde(default)]
    pub(super) runtime: Option<String>,
    #[serde(default)]
    pub(super) pod: Option<String>,
    #[serde(default)]
    pub(super) namespace: Option<String>,
    #[serde(default)]
    pub(super) role: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct ExecShape {
    #[serde(default, deserialize_with = "maybe_text")]
    pub(super) given: Text,
    #[serde(default)]
    pub(super) argv_truncated: serde_json::Value,
    #[serde(default)]
    pub(super) argv_unreadable: bool,
    #[serde(default)]
    pub(super) gid: u32,
    #[serde(default)]
    pub(super) euid: u32,
    #[serde(default)]
    pub(super) login_uid: Option<u32>,
    #[serde(default)]
    pub(super) audit_session: Option<u32>,
    #[serde(default)]
    pub(super) caps: CapsShape,
    #[serde(default)]
    pub(super) namespaces: serde_json::Map<String, serde_json::Value>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(super) tty: Text,
    #[serde(default)]
    pub(super) cgroup: Option<CgroupShape>,
    #[serde(default)]
    pub(super) ns_pid: u32,
    #[serde(default)]
    pub(super) unlinked: bool,
}

#[derive(Deserialize, Default)]
pub(super) struct CapsShape {
    #[serde(default, deserialize_with = "hex")]
    pub(super) effective: u64,
    #[serde(default, deserialize_with = "hex")]
    pub(super) permitted: u64,
}

#[derive(Deserialize)]
pub(super) struct CgroupShape {
    pub(super) id: Option<u64>,
    #[serde(default, deserialize_with = "maybe_text")]
    pub(super) path: Text,
}

#[derive(Deserialize)]
pub(super) struct ExitShape {
    pub(super) code: Option<u8>,
    pub(super) signal: Option<u8>,
    #[serde(default)]
    pub(super) core_dumped: bool,
    pub(super) run_time: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct EndpointShape {
    pub(super) local: Option<SocketAddr>,
    pub(super) remote: Option<SocketAddr>,
    pub(super) direction: String,
    pub(super) protocol: String,
    pub(super) bytes_sent: Option<u64>,
    pub(super) bytes_received: Option<u64>,
    pub(super) error: Option<i32>,
}

/// What happened on the network, by the kind of the event.
pub(super) fn net_op(kind: &str) -> Option<NetOp> {
    [NetOp::Connect, NetOp::Established, NetOp::Accept, NetOp::Listen, NetOp::Close]
        .into_iter()
        .find(|op| op.name() == kind)
}

fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(from)?;
    let nanos = DateTime::parse_from_rfc3339(&text).ok().and_then(|moment| moment.timestamp_nanos_opt());
    let time = nanos.and_then(|nanos| u64::try_from(nanos).ok()).map(Time);
    time.ok_or_else(|| serde::de::Error::custom(format!("`{text}` is no moment")))
}

fn maybe_text<'de, D: Deserializer<'de>>(from: D) -> Result<Text, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(|text| Text::from_lossless(&text)).unwrap_or_default())
}

fn hex<'de, D: Deserializer<'de>>(from: D) -> Result<u64, D::Error> {
    let text = String::deserialize(from)?;
    let digits = text.strip_prefix("0x").unwrap_or(&text);
    u64::from_str_radix(digits, 16).map_err(|_| serde::de::Error::custom(format!("`{text}` is no set of bits")))
}
