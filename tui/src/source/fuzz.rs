//! Lines of others, and answers of name servers.
#![cfg(any(test, fuzzing))]
#![allow(clippy::unwrap_used, reason = "to panic is how a fuzzer is told")]

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

pub(crate) use super::proc::fuzz::proc;

use super::{dns, lines, tetragon};
use crate::export::json;
use crate::fuzz::{harmless, live_through};
use crate::model::{Event, Model};

/// Tries bytes as an answer of a name server.
pub(crate) fn answer(bytes: &[u8]) {
    let server = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let Some(answer) = dns::read(bytes, server) else { return };
    let name = answer.name.lossless();
    assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_graphic() || c == ' '), "{name:?}");
    assert!(!answer.addresses.is_empty() && answer.addresses.len() <= 128);
    assert_eq!(answer.server, server);
}

/// Tries bytes as lines that another ktrace-tui wrote: what is told of them can be told again, and read again.
pub(crate) fn lines(bytes: &[u8]) {
    let placer = Arc::new(crate::identity::Paths);
    let (mut reader, mut again) = (lines::Lines::new(placer.clone()), lines::Lines::new(placer));
    let mut model = Model::default();
    let mut all = Vec::new();
    for line in bytes.split(|byte| *byte == b'\n') {
        let _ = std::str::from_utf8(line).map(lines::Lines::knows);
        let told = match reader.line(line) {
            Ok(told) => told,
            Err(error) => {
                harmless(&error.to_string());
                continue;
            }
        };
        for event in &told.events {
            model.apply(event);
            let mut out = Vec::new();
            json::write_event(&mut out, event, &model).unwrap();
            for line in out.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                if let Err(error) = again.line(line) {
                    panic!("{error}: {}", String::from_utf8_lossy(line));
                }
            }
        }
        assert!(told.found.iter().all(|(place, _)| *place <= told.events.len()));
        all.extend(told.events);
    }
    live_through(&all);
}

/// Tries bytes as lines of Tetragon.
pub(crate) fn tetragon(bytes: &[u8]) {
    let mut import = tetragon::Import::default();
    let mut all: Vec<Event> = Vec::new();
    for line in String::from_utf8_lossy(bytes).lines() {
        match import.line(line) {
            Ok(events) => all.extend(events),
            Err(error) => harmless(&error.to_string()),
        }
    }
    live_through(&all);
}
