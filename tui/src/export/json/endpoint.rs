//! The two ends of a connection.

use std::net::IpAddr;

use serde::Serialize;

use super::shape::Bytes;
use crate::model::{Arg, GroupKey, Model, Net, Time, Word};

/// The two ends of a connection, and what the other one is called.
#[derive(Serialize)]
pub(super) struct EndpointShape<'a> {
    local: Option<String>,
    remote: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<NameShape<'a>>,
    direction: &'static str,
    protocol: &'static str,
    bytes_sent: Option<u64>,
    bytes_received: Option<u64>,
    error: Option<i32>,
}

/// The name of the remote address, and on whose word.
#[derive(Serialize)]
pub(super) struct NameShape<'a> {
    name: Bytes<'a>,
    by: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    told_to: Option<&'a str>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    expired: bool,
}

impl<'a> EndpointShape<'a> {
    pub(super) fn new(net: &Net, group: Option<&GroupKey>, at: Time, model: &'a Model) -> EndpointShape<'a> {
        let of = |ip| NameShape::new(ip, group.unwrap_or(&GroupKey::Host), at, model);
        EndpointShape {
            local: net.local.map(|address| address.to_string()),
            remote: net.remote.map(|address| address.to_string()),
            name: net.remote.and_then(|remote| of(remote.ip())),
            direction: net.direction.name(),
            protocol: net.protocol.name(),
            bytes_sent: net.sent,
            bytes_received: net.received,
            error: net.error,
        }
    }
}

impl<'a> NameShape<'a> {
    /// The name that an address has for one of `group`; `at` is when it mattered.
    pub(super) fn new(ip: IpAddr, group: &GroupKey, at: Time, model: &'a Model) -> Option<NameShape<'a>> {
        let named = model.name_of(ip, group)?;
        let (by, told_to) = match named.word {
            Word::Own(_) => ("answer", None),
            Word::Other(_, whom) => ("answer_to_other", whom.map(whom_name)),
            Word::Service => ("environment", None),
            Word::Pod => ("runtime", None),
        };
        Some(NameShape { name: Bytes(Arg::of(named.name)), by, told_to, expired: named.is_over(at) })
    }
}

fn whom_name(group: &GroupKey) -> &str {
    match group {
        GroupKey::Host => "host",
        GroupKey::Service(name) | GroupKey::Container(name) => name,
    }
}
