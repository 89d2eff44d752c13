//! What feeds promise.
#![allow(clippy::unwrap_used, reason = "tests")]

mod agent;
mod files;
pub(super) mod papers;
pub(super) mod server;
mod syslog;
mod webhook;
mod worker;

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::mpsc::{Receiver, channel};

use super::*;
use crate::detect::Severity;
use crate::model::Time;

/// Longest that something is waited for.
const LATE: Duration = Duration::from_secs(20);

pub(super) fn item(sort: Sort, number: u64) -> Arc<Outgoing> {
    let origin = Arc::new(Origin { node: "n".to_owned(), boot: "b".to_owned(), run: 1 });
    let line = format!("{{\"type\":\"{}\",\"seq\":{number}}}", sort.name()).into_boxed_str();
    Arc::new(Outgoing { sort, origin, number, time: Time(number), severity: None, class: None, line })
}

/// A sink that does what it is told, one answer after the other, and then takes everything.
#[derive(Clone, Default)]
struct Puppet {
    answers: Arc<Mutex<VecDeque<Result<(), Trouble>>>>,
    got: Arc<Mutex<Vec<String>>>,
    tries: Arc<AtomicUsize>,
    hangs: bool,
}

impl Puppet {
    fn answering(answers: impl IntoIterator<Item = Result<(), Trouble>>) -> Puppet {
        Puppet { answers: Arc::new(Mutex::new(answers.into_iter().collect())), ..Puppet::default() }
    }
}

impl Sink for Puppet {
    async fn send(&mut self, items: &[Arc<Outgoing>]) -> Result<(), Trouble> {
        self.tries.fetch_add(1, Ordering::SeqCst);
        if self.hangs {
            std::future::pending::<()>().await;
        }
        if let Some(answer) = self.answers.lock().unwrap().pop_front() {
            answer?;
        }
        self.got.lock().unwrap().extend(items.iter().map(|item| item.line.to_string()));
        Ok(())
    }
}

fn started(sink: impl Sink, room: Room) -> (Feed, Receiver<Said>) {
    let (say, said) = channel(64);
    (Feed::start("puppet", sink, room, say).unwrap(), said)
}

pub(super) fn finish(feed: Feed) {
    let end = Instant::now() + LATE;
    feed.close(end);
    feed.join(end);
}

pub(super) fn wait(what: &str, done: impl Fn() -> bool) {
    let began = Instant::now();
    while !done() {
        assert!(began.elapsed() < LATE, "{what} does not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// A finding of `severity`, with what an attacker might write in it.
fn finding(number: u64, severity: Severity) -> Arc<Outgoing> {
    let line = serde_json::json!({
        "type": "finding",
        "time": "2026-11-23T07:21:31.372191340Z",
        "rule": "reverse_shell",
        "class": "reverse_shell",
        "severity": severity.name(),
        "title": "bash (7) of <!channel>\nFAKE [critical] takes its commands from 203.0.113.9:4444",
        "why": [{"predicate": "its input is a connection", "event": {}}],
        "incident": "i1",
        "process": {"pid": 7, "uid": 33, "exe": "/usr/bin/bash", "container": {"id": "9f2c", "name": "web", "pod": null}},
        "lineage": [{"pid": 1, "exe": "/sbin/init"}],
        "node": "node 1",
        "boot": "b",
        "seq": number,
    });
    let item = item(Sort::Finding, number);
    Arc::new(Outgoing { severity: Some(severity), line: line.to_string().into(), ..(*item).clone() })
}
