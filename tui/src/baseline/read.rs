//! The file of a baseline, read again: what is wrong with it is told with line and column.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use chrono::DateTime;
use serde::{Deserialize, Deserializer};

use super::entry::{Capability, Connect, FileUse, Program, Seen};
use super::peer::{Destination, Peer, Port, Source};
use super::workload::{Workload, join};
use super::write::FORMAT;
use super::{Baseline, Learnt};
use crate::model::{Text, Time};

/// Why a text is no baseline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// It is not what the format wants.
    #[error("line {line}, column {column}: {message}")]
    Wrong {
        /// The line, from 1.
        line: usize,
        /// The column, in characters, from 1.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// It is of a later version.
    #[error("it has format {0}, and this ktrace-tui reads {FORMAT}: use the one that wrote it")]
    Newer(u32),
}

impl Baseline {
    /// Reads what [`Baseline`] is shown as.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn read(text: &str) -> Result<Baseline, BaselineError> {
        #[derive(Deserialize)]
        struct Version {
            format: Option<u32>,
        }
        // Fields that a later version has are no mistake of whoever wrote it.
        if let Ok(Version { format: Some(format @ 2..) }) = toml::from_str(text) {
            return Err(BaselineError::Newer(format));
        }
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            let before = text.get(..at).unwrap_or_default();
            let line = before.matches('\n').count() + 1;
            let column = before.rsplit('\n').next().map_or(0, |line| line.chars().count()) + 1;
            BaselineError::Wrong { line, column, message: error.message().replace('\n', ", ") }
        })?;
        let workloads = file.workload.into_iter().map(|(name, shape)| (name, shape.workload())).collect();
        let learnt_from = file.learnt_from.into_iter().map(LearntShape::learnt).collect();
        Ok(Baseline { made_with: file.made_with, learnt_from, workloads })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "format")]
    _format: u32,
    #[serde(default)]
    made_with: String,
    #[serde(default)]
    learnt_from: Vec<LearntShape>,
    #[serde(default)]
    workload: BTreeMap<String, WorkloadShape>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LearntShape {
    recording: String,
    #[serde(deserialize_with = "moment")]
    first: Time,
    #[serde(deserialize_with = "moment")]
    last: Time,
    events: u64,
}

impl LearntShape {
    fn learnt(self) -> Learnt {
        let LearntShape { recording, first, last, events } = self;
        Learnt { first, last, events, recording }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WorkloadShape {
    #[serde(default)]
    images: BTreeSet<String>,
    #[serde(default)]
    digests: BTreeSet<String>,
    namespace: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    containers: u64,
    #[serde(default)]
    watched_seconds: u64,
    #[serde(deserialize_with = "moment")]
    first: Time,
    #[serde(deserialize_with = "moment")]
    last: Time,
    #[serde(default)]
    immutable: bool,
    #[serde(default)]
    programs: Vec<ProgramShape>,
    #[serde(default)]
    started_by: Vec<ParentShape>,
    #[serde(default)]
    called_as: Vec<AppletShape>,
    #[serde(default)]
    listens: Vec<ListenShape>,
    #[serde(default)]
    connects: Vec<ConnectShape>,
    #[serde(default)]
    accepts: Vec<ConnectShape>,
    #[serde(default)]
    dns: Vec<ConnectShape>,
    #[serde(default)]
    files: Vec<FileShape>,
    #[serde(default)]
    capabilities: Vec<CapabilityShape>,
}

impl WorkloadShape {
    fn workload(self) -> Workload {
        let mut workload = Workload {
            images: self.images,
            digests: self.digests,
            namespace: self.namespace,
            labels: self.labels,
            containers: self.containers,
            watched: self.watched_seconds,
            first: self.first,
            last: self.last,
            immutable: self.immutable,
            programs: gather(self.programs.into_iter().map(ProgramShape::entry)),
            listens: gather(
                self.listens.into_iter().map(|it| (it.port, seen(it.count, it.containers, it.first, it.last))),
            ),
            connects: gather(self.connects.into_iter().map(ConnectShape::entry)),
            accepts: gather(self.accepts.into_iter().map(|it| {
                let (to, connect) = it.entry();
                (Source { port: to.port, peer: to.peer }, connect.seen)
            })),
            dns: gather(self.dns.into_iter().map(ConnectShape::entry).map(|(to, connect)| (to, connect.seen))),
            files: gather(self.files.into_iter().map(FileShape::entry)),
            capabilities: gather(self.capabilities.into_iter().map(CapabilityShape::entry)),
        };
        for it in self.started_by {
            let parents = &mut workload.programs.entry(it.path).or_default().parents;
            let seen = seen(it.count, it.containers, it.first, it.last);
            join(parents, BTreeMap::from([(it.parent, seen)]));
        }
        for it in self.called_as {
            let applets = &mut workload.programs.entry(it.path).or_default().applets;
            join(applets, BTreeMap::from([(it.name, seen(it.count, it.containers, it.first, it.last))]));
        }
        workload
    }
}

/// Entries that stand twice become one.
fn gather<K: Ord, V: super::Entry>(entries: impl Iterator<Item = (K, V)>) -> BTreeMap<K, V> {
    let mut out = BTreeMap::new();
    entries.for_each(|(key, entry)| join(&mut out, BTreeMap::from([(key, entry)])));
    out
}

fn seen(count: u64, containers: u64, first: Time, last: Time) -> Seen {
    Seen { count, containers, first, last }
}

/// What every entry says, and what it says beside. `flatten` would lose where a mistake is.
macro_rules! shape {
    ($name:ident { $($(#[$attribute:meta])* $field:ident: $type:ty),* $(,)? }) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $name {
            $($(#[$attribute])* $field: $type,)*
            #[serde(default = "one")]
            count: u64,
            #[serde(default = "one")]
            containers: u64,
            #[serde(default, deserialize_with = "moment")]
            first: Time,
            #[serde(default, deserialize_with = "moment")]
            last: Time,
        }
    };
}

shape!(ProgramShape {
    #[serde(deserialize_with = "text")]
    path: Text,
    #[serde(default)]
    sha256: BTreeSet<String>,
    #[serde(default)]
    written: bool,
    #[serde(default)]
    users: BTreeSet<u32>,
});

impl ProgramShape {
    fn entry(self) -> (Text, Program) {
        let seen = seen(self.count, self.containers, self.first, self.last);
        let ProgramShape { path, sha256: hashes, written, users, .. } = self;
        (path, Program { seen, hashes, users, written, ..Program::default() })
    }
}

shape!(ParentShape {
    #[serde(deserialize_with = "text")]
    path: Text,
    #[serde(deserialize_with = "text")]
    parent: Text,
});

shape!(AppletShape {
    #[serde(deserialize_with = "text")]
    path: Text,
    #[serde(deserialize_with = "text")]
    name: Text,
});

shape!(ListenShape {
    #[serde(deserialize_with = "port")]
    port: Port,
});

shape!(ConnectShape {
    #[serde(default, deserialize_with = "maybe_text")]
    name: Option<Text>,
    #[serde(default)]
    pod: Option<String>,
    #[serde(default)]
    address: Option<IpAddr>,
    #[serde(default, rename = "anybody")]
    _anybody: bool,
    #[serde(deserialize_with = "port")]
    port: Port,
    #[serde(default)]
    addresses: BTreeSet<IpAddr>,
});

impl ConnectShape {
    fn entry(self) -> (Destination, Connect) {
        let seen = seen(self.count, self.containers, self.first, self.last);
        let name = self.name.map(Peer::Name).or(self.pod.map(Peer::Pod));
        let peer = name.or(self.address.map(Peer::Address)).unwrap_or(Peer::Any);
        (Destination { peer, port: self.port }, Connect { seen, addresses: self.addresses })
    }
}

shape!(FileShape {
    #[serde(deserialize_with = "text")]
    path: Text,
    #[serde(default)]
    read: bool,
    #[serde(default)]
    write: bool,
    #[serde(default)]
    programs: BTreeSet<String>,
});

impl FileShape {
    fn entry(self) -> (Text, FileUse) {
        let seen = seen(self.count, self.containers, self.first, self.last);
        let programs = self.programs.iter().map(|it| Text::from_lossless(it)).collect();
        (self.path, FileUse { seen, read: self.read, write: self.write, programs })
    }
}

shape!(CapabilityShape {
    name: String,
    #[serde(default)]
    used: bool,
});

impl CapabilityShape {
    fn entry(self) -> (String, Capability) {
        let seen = seen(self.count, self.containers, self.first, self.last);
        (self.name, Capability { seen, used: self.used })
    }
}

fn one() -> u64 {
    1
}

fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Text, D::Error> {
    Ok(Text::from_lossless(&String::deserialize(from)?))
}

fn maybe_text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Text>, D::Error> {
    text(from).map(Some)
}

fn port<'de, D: Deserializer<'de>>(from: D) -> Result<Port, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

fn moment<'de, D: Deserializer<'de>>(from: D) -> Result<Time, D::Error> {
    let text = String::deserialize(from)?;
    let wrong = || serde::de::Error::custom(format!("`{text}` is no moment like 2026-11-23T12:03:41Z"));
    let moment = DateTime::parse_from_rfc3339(&text).map_err(|_| wrong())?;
    let nanos = moment.timestamp_nanos_opt().and_then(|nanos| u64::try_from(nanos).ok());
    nanos.map(Time).ok_or_else(wrong)
}
