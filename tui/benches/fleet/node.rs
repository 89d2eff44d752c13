//! A node that never was, with an agent as it runs on a real one.

use std::sync::Arc;
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ktrace_tui::feed::{self, BusOptions, Events, Feed, Metrics, NatsSink, Options, Room, Sort, Spool};
use ktrace_tui::model::{Event, Health, Status, Time, filter};
use tempfile::TempDir;
use tokio::sync::mpsc::{Sender, channel};

use super::storm::Storm;

/// How often what happened is handed over, as the reader of the probes does.
const LOOK: Duration = Duration::from_millis(10);
/// Events that are handed over at once at most.
const BATCH: usize = 1_024;

/// What left a node.
pub(crate) struct Sent {
    pub(crate) events: u64,
    pub(crate) findings: u64,
    pub(crate) lines: u64,
    pub(crate) lost: u64,
}

pub(crate) struct Node {
    agent: JoinHandle<Sent>,
    source: JoinHandle<()>,
}

pub(crate) fn name(at: usize) -> String {
    format!("sim-{at}")
}

impl Node {
    pub(crate) fn start(at: usize, bus: BusOptions, rate: u64, seconds: u64, events: Option<String>) -> Node {
        let (batches, taken) = channel(256);
        let agent = spawn(move || {
            let folder = TempDir::new().expect("a folder");
            let (say, said) = channel(64);
            let spool = Spool::open(&folder.path().join("spool"), 256 << 20).expect("a spool");
            let sink = NatsSink::start("nats", bus, Some(spool), say.clone()).expect("a thread");
            let feed = Feed::start("nats", sink, Room::default(), say).expect("a thread");
            let counts = Arc::clone(feed.counts());
            let options = Options {
                events: match events.as_deref() {
                    None => Events::None,
                    Some("all") => Events::All,
                    Some(text) => {
                        let anchor = filter::Anchor { now: Time(wall()), ..Default::default() };
                        Events::Some(filter::Filter::parse(text, anchor).expect("a filter").expect("no empty one"))
                    }
                },
                node: Some(name(at)),
                redact: true,
                duration: None,
                flush: Duration::from_secs(60),
                exceptions: Vec::new(),
                baseline: None,
                attention: None,
                rules: None,
                feeds: vec![feed],
                said,
                metrics: Arc::new(Metrics::default()),
            };
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            let summary = runtime.block_on(feed::run(taken, options, std::io::sink())).expect("the agent runs");
            let lines = Sort::ALL.iter().map(|sort| counts.sent(*sort)).sum();
            let (events, findings) = (summary.tally.events, summary.tally.findings);
            Sent { events, findings, lines, lost: counts.lost_in_all() }
        });
        let source = spawn(move || happen(at, rate, seconds, &batches));
        Node { agent, source }
    }

    pub(crate) fn join(self) -> Sent {
        self.source.join().expect("the source ends");
        self.agent.join().expect("the agent ends")
    }
}

/// Events as time goes by.
fn happen(at: usize, rate: u64, seconds: u64, batches: &Sender<Vec<Event>>) {
    let begun = wall();
    let mut storm = Storm::crowd(at as u64 + 1, rate, 20, 400).beginning(begun);
    // What is there when it begins.
    let mut there: Vec<Event> = storm.by_ref().take(402).collect();
    if let Some(Event::Boot(boot)) = there.first_mut() {
        boot.id = format!("storm-{at}");
    }
    let ready = Status { time: Time(begun), topic: "source".into(), health: Health::Ok, text: "ready".into() };
    let _ = batches.blocking_send(there.into_iter().chain([Event::Status(ready)]).collect());
    while wall() < begun + seconds * 1_000_000_000 {
        let mut batch = Vec::new();
        while storm.now() < wall() && batch.len() < BATCH {
            batch.extend(storm.next());
        }
        if !batch.is_empty() && batches.blocking_send(batch).is_err() {
            return;
        }
        sleep(LOOK);
    }
}

pub(crate) fn wall() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos() as u64
}
