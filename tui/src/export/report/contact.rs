//! Addresses that the processes of a report had to do with, and what those were called.

use std::net::{IpAddr, SocketAddr};

use serde::Serialize;

use super::key::{Key, moment, perhaps};
use crate::model::{GroupKey, Model, Text, Time, Word};

/// An address that the processes had to do with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contact {
    /// Which one of the dossier.
    pub key: Key,
    /// The address: the other end's, or the own one of a socket that listens.
    pub address: SocketAddr,
    /// What it was called, in words, where those who used it had been told a name: never the truth, always what was told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Who used it.
    pub uses: Vec<Use>,
}

/// A connection, or a socket that listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Use {
    /// Whose.
    pub process: Key,
    /// `outbound`, `inbound` or `listening`.
    pub direction: &'static str,
    /// `tcp` or `udp`.
    pub protocol: &'static str,
    /// The own end.
    pub local: Option<SocketAddr>,
    /// When it was opened.
    #[serde(serialize_with = "moment")]
    pub opened: Time,
    /// When it was closed.
    #[serde(serialize_with = "perhaps")]
    pub closed: Option<Time>,
    /// Bytes sent.
    pub sent: Option<u64>,
    /// Bytes received.
    pub received: Option<u64>,
}

impl Contact {
    /// The address, and its name behind it.
    pub(super) fn text(&self) -> String {
        let name = self.name.as_ref().map(|name| format!(" ({name})")).unwrap_or_default();
        format!("{}{name}", self.address)
    }
}

/// What an address is called for one of `group`, with the word of whom that is; `at` is when it mattered.
pub(super) fn name(address: IpAddr, group: &GroupKey, at: Time, model: &Model) -> Option<String> {
    let named = model.name_of(address, group)?;
    let name = Text::from(named.name).lossless();
    let words = match named.word {
        Word::Own(_) => name,
        Word::Service => format!("service {name}"),
        Word::Pod => format!("pod {name}"),
        Word::Other(..) => format!("{name} as somebody else was told"),
    };
    Some(if named.is_over(at) { format!("{words}, expired") } else { words })
}
