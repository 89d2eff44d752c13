//! What comes over the bus, from nodes that nobody vouches for, and what was left in the spool.
#![cfg(any(test, fuzzing))]
#![allow(clippy::unwrap_used, reason = "to panic is how a fuzzer is told")]

use async_nats::header::HeaderMap;

pub(crate) use super::spool::fuzz::spool;

use super::read::{BusLine, decode};
use crate::fleet::{Fleet, Line, NodeName};
use crate::fuzz::{Bytes, harmless, live_through};
use crate::model::Time;
use crate::source::lines::Lines;

/// Tries bytes as messages of a bus: subject, headers and payload of each. A payload that is a line is also tried under the
/// subject that it would have.
pub(crate) fn bus(bytes: &[u8]) {
    let mut bytes = Bytes(bytes);
    let (mut fleet, mut lines) = (Fleet::default(), Lines::new(std::sync::Arc::new(crate::identity::Paths)));
    let mut events = Vec::new();
    while !bytes.0.is_empty() {
        let (how, count) = (bytes.byte(), usize::from(bytes.byte()));
        let subject = String::from_utf8_lossy(bytes.take(if how & 1 == 0 { count } else { 0 })).into_owned();
        let payload = bytes.piece();
        let subject = if how & 1 == 0 { subject } else { fitting(payload) };
        let headers = (how & 6 != 0).then(|| headers(how));
        let Ok(line) = decode(&subject, headers.as_ref(), payload) else { continue };
        harmless(&line.node);
        if let Ok(told) = lines.value(&line.line) {
            events.extend(told.events);
        }
        fleet.take(&line_of(line));
    }
    for node in fleet.nodes() {
        node.troubles().iter().for_each(|trouble| harmless(trouble));
    }
    assert!(fleet.incidents().len() <= 10_000);
    live_through(&events);
}

fn headers(how: u8) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert("Content-Encoding", if how & 4 == 0 { "zstd" } else { "gzip" });
    headers
}

/// The subject of a line, as far as it says.
fn fitting(payload: &[u8]) -> String {
    let line: serde_json::Value = serde_json::from_slice(payload).unwrap_or_default();
    let text = |field: &str| line.get(field).and_then(serde_json::Value::as_str).unwrap_or_default();
    format!("ktrace.c.{}.{}", super::token(text("node")), text("type"))
}

fn line_of(line: BusLine) -> Line {
    let name = NodeName { cluster: line.cluster.into(), node: line.node.into() };
    Line { name, boot: line.boot, run: line.run, number: line.number, kept: Time(1), body: line.line }
}
