//! What fuzzers try: for each parser that reads what others wrote one function, which takes any bytes and panics where
//! the parser does not keep what it promises. They stand beside their parsers, in files called `fuzz.rs`; tui/fuzz runs
//! them, and the tests go through what was learnt there.
#![cfg(any(test, fuzzing))]
#![allow(clippy::unwrap_used, reason = "to panic is how a fuzzer is told")]

mod bytes;
mod shown;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

pub(crate) use bytes::Bytes;

use crate::detect::Detector;
use crate::export::json;
use crate::model::{Event, Model};
use crate::{baseline, config, detect, escape, feed, identity, model, source, store, theme};

/// Something that is fuzzed: its name, and what is tried with some bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Everything that is fuzzed, in the order of the table in docs/RELIABILITY.md.
pub const TARGETS: [Target; 20] = [
    ("wire", wire::wire),
    ("cgroup", identity::fuzz::cgroup),
    ("docker", identity::docker::fuzz::docker),
    ("cri", identity::cri::fuzz::cri),
    ("bundle", identity::fuzz::bundle),
    ("proc", source::fuzz::proc),
    ("answer", source::fuzz::answer),
    ("lines", source::fuzz::lines),
    ("tetragon", source::fuzz::tetragon),
    ("bus", feed::fuzz::bus),
    ("spool", feed::fuzz::spool),
    ("batch", store::fuzz::batch),
    ("recording", store::fuzz::recording),
    ("filter", model::filter::fuzz::filter),
    ("rules", detect::fuzz::rules),
    ("sigma", detect::fuzz::sigma),
    ("baseline", baseline::fuzz::baseline),
    ("config", config::fuzz::config),
    ("theme", theme::fuzz::theme),
    ("shown", shown::shown),
];

/// Tries a target with some bytes.
///
/// # Panics
/// Where a parser does not keep what it promises; and for a name that is none.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    let (_, run) = target.unwrap_or_else(|| panic!("tui/src/fuzz/mod.rs has no target `{name}`"));
    run(bytes);
}

/// A target, for a program that has no other.
///
/// # Panics
/// For a name that is none: where the program is compiled.
pub const fn named(name: &str) -> fn(&[u8]) {
    let mut at = 0;
    while at < TARGETS.len() {
        let (known, run) = TARGETS[at];
        if same(known.as_bytes(), name.as_bytes()) {
            return run;
        }
        at += 1;
    }
    panic!("KTRACE_FUZZ_ONLY is no target of tui/src/fuzz/mod.rs")
}

const fn same(one: &[u8], other: &[u8]) -> bool {
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// Events that are enough to ask something of.
pub(crate) const FEW: usize = 24;

/// Holds that a text can be shown: nothing in it moves the cursor or turns the text around.
pub(crate) fn harmless(text: &str) {
    let shown = escape::shown(text);
    let bad = shown.as_str().chars().find(|c| c.is_control() || turns(*c));
    assert_eq!(bad, None, "{:?} is shown as {:?}", text, shown.as_str());
}

/// Characters that turn text around, or begin something of their own: of the bidirectional algorithm and of tags.
fn turns(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{e0000}'..='\u{e007f}')
}

/// Has a model take in what was read, a detector look at it, and writes it all down: none of them may stumble.
pub(crate) fn live_through(events: &[Event]) {
    live_on(&mut Model::default(), events);
}

/// As [`live_through`], with a model that knows something already.
pub(crate) fn live_on(model: &mut Model, events: &[Event]) {
    let mut detector = Detector::new(Vec::new());
    let mut line = Vec::new();
    for event in events {
        model.apply(event);
        detector.observe(event, model);
        line.clear();
        json::write_event(&mut line, event, model).unwrap();
        assert!(line.iter().all(|byte| *byte >= b' ' || *byte == b'\n'), "a line of JSON has a control character");
    }
    for finding in detector.findings() {
        harmless(&finding.title);
    }
    let groups: usize = model.groups().map(|group| model.members(&group.key).count()).sum();
    assert_eq!(groups, model.processes().count(), "each process is in one group");
    let _ = detector.incidents(model);
}

/// A set of rules of one's own, and what it finds of a few events.
pub(crate) fn watched(rules: detect::RuleSet) {
    let mut detector = Detector::new(Vec::new());
    detector.renew(Arc::new(rules));
    let mut model = Model::default();
    for event in store::fuzz::known_events().iter().take(FEW) {
        model.apply(event);
        detector.observe(event, &model);
    }
    detector.findings().for_each(|finding| harmless(&finding.title));
}
