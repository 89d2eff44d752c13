//! What a feed onto NATS promises, held against a real server with JetStream.
#![allow(clippy::unwrap_used, reason = "tests")]

mod agent;
mod bad;
mod cluster;
#[path = "../common/mod.rs"]
mod common;
mod creds;
mod server;

use std::process::Command;
use std::sync::Arc;
use std::time::{Duration, Instant};

use async_nats::jetstream::stream;
use ktrace_tui::feed::{
    BusLine, BusOptions, BusReader, Feed, NatsSink, Origin, Outgoing, Reason, Refusal, Room, Said, Sort, Spool,
    StreamOptions,
};
use ktrace_tui::model::{Health, Time};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tokio::sync::mpsc::{Receiver, channel};

use agent::Agent;
use server::{Got, LATE, Server, context, context_of, make_stream, wait};

fn runs() -> bool {
    common::privileged("nats-server")
}

fn item(sort: Sort, number: u64, padding: usize) -> Arc<Outgoing> {
    let origin = Arc::new(Origin { node: "node.1".to_owned(), boot: "boot".to_owned(), run: 5 });
    let padding = "x".repeat(padding);
    let line = serde_json::json!({"type": sort.name(), "padding": padding, "node": "node.1", "boot": "boot", "run": 5, "seq": number});
    let line = line.to_string().into_boxed_str();
    Arc::new(Outgoing { sort, origin, number, time: Time(number), severity: None, class: None, line })
}

struct Started {
    feed: Feed,
    said: Receiver<Said>,
    heard: Vec<Said>,
}

fn start(options: BusOptions, spool: Option<Spool>) -> Started {
    let (say, said) = channel(256);
    let sink = NatsSink::start("nats", options, spool, say.clone()).unwrap();
    Started { feed: Feed::start("nats", sink, Room::default(), say).unwrap(), said, heard: Vec::new() }
}

impl Started {
    fn offer(&self, numbers: std::ops::Range<u64>, padding: usize) {
        let sorts = [Sort::Event, Sort::Event, Sort::Finding, Sort::Status, Sort::Incident];
        numbers.for_each(|number| self.feed.offer(&item(sorts[number as usize % sorts.len()], number, padding)));
    }

    /// Waits until it is told that it is `health`, in words among which is `text`.
    fn hears(&mut self, health: Health, text: &str) {
        let began = Instant::now();
        loop {
            while let Ok(said) = self.said.try_recv() {
                self.heard.push(said);
            }
            if self.heard.iter().any(|said| said.health == health && said.text.contains(text)) {
                return;
            }
            assert!(began.elapsed() < LATE, "{text:?} is not said; what is: {:?}", self.heard);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn finish(self, within: Duration) {
        let end = Instant::now() + within;
        self.feed.close(end);
        self.feed.join(end);
    }
}

fn numbers(got: &[Got]) -> Vec<u64> {
    got.iter().map(|got| got.line["seq"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn everything_arrives_once_and_in_order_whatever_ends_meanwhile() {
    if !runs() {
        return;
    }
    let mut server = Server::started("");
    let dir = server.dir().join("spool");
    let spool = || Some(Spool::open(&dir, 64 << 20).unwrap());
    let mut feed = start(server.options(), spool());
    feed.offer(1..500, 2_000);
    let got = server.all(499).await;
    assert_eq!(got[0].subject, "ktrace.c.node%2E1.event");
    assert_eq!(got[0].id, "node%2E1-boot-5-1");
    assert_eq!(numbers(&got), (1..500).collect::<Vec<_>>());

    // The server goes while things are under way.
    feed.offer(500..1_000, 100);
    server.kill();
    feed.offer(1_000..2_000, 100);
    feed.hears(Health::Degraded, "what leaves waits in the spool");
    // The agent goes as well, with what is in the spool, and comes back.
    feed.finish(Duration::from_secs(2));
    let mut feed = start(server.options(), spool());
    feed.hears(Health::Ok, "wait in the spool from an earlier run");
    feed.offer(2_000..2_500, 100);
    server.start();
    feed.hears(Health::Ok, "connected");
    let got = server.all(2_499).await;
    assert_eq!(numbers(&got), (1..2_500).collect::<Vec<_>>());

    // What is sent once more is known again.
    feed.finish(LATE);
    let feed = start(server.options(), None);
    feed.offer(2_400..2_600, 100);
    let counts = Arc::clone(feed.feed.counts());
    wait("the end", || Sort::ALL.iter().map(|sort| counts.sent(*sort)).sum::<u64>() == 200);
    assert_eq!(numbers(&server.all(2_599).await), (1..2_600).collect::<Vec<_>>());
    assert_eq!(counts.lost_in_all(), 0);
    feed.finish(LATE);
}

#[tokio::test]
async fn a_server_that_comes_later_gets_everything_from_memory_too() {
    if !runs() {
        return;
    }
    let mut server = Server::new("");
    let mut feed = start(server.options(), None);
    feed.offer(1..300, 10);
    feed.hears(Health::Degraded, "no connection to 127.0.0.1");
    server.start();
    assert_eq!(numbers(&server.all(299).await), (1..300).collect::<Vec<_>>());
    feed.finish(LATE);
}

#[tokio::test]
async fn a_full_stream_is_told_and_what_it_refused_comes_when_there_is_room() {
    if !runs() {
        return;
    }
    let server = Server::started("");
    let context = context(&server.url()).await;
    // Not of bytes: of these this server counts less when it looks whether there is room than when it looks what has to go.
    let config = stream::Config { max_messages: 300, discard: stream::DiscardPolicy::New, ..Default::default() };
    make_stream(&context, config).await;
    let spool = Spool::open(&server.dir().join("spool"), 64 << 20).unwrap();
    let mut feed = start(server.options(), Some(spool));
    feed.offer(1..2_000, 400);
    feed.hears(Health::Degraded, "stream KTRACE: maximum messages exceeded");
    let before = numbers(&server.all(100).await);
    assert_eq!(before, (1..=before.len() as u64).collect::<Vec<_>>());
    let config =
        stream::Config { name: "KTRACE".to_owned(), subjects: vec!["ktrace.>".to_owned()], ..Default::default() };
    context.update_stream(config).await.unwrap();
    assert_eq!(numbers(&server.all(1_999).await), (1..2_000).collect::<Vec<_>>());
    assert_eq!(feed.feed.counts().lost_in_all(), 0);
    feed.finish(LATE);
}

#[tokio::test]
async fn what_no_server_would_take_is_counted_and_holds_up_nothing() {
    if !runs() {
        return;
    }
    let server = Server::started("max_payload: 4096");
    for spool in [false, true] {
        let spool = spool.then(|| Spool::open(&server.dir().join("spool"), 64 << 20).unwrap());
        let mut feed = start(server.options(), spool);
        feed.feed.offer(&item(Sort::Event, 1, 10));
        let noise: String = (0..4_000_u32).map(|n| format!("{:08x}", n.wrapping_mul(2_654_435_761))).collect();
        let line = serde_json::json!({"type": "event", "noise": noise, "seq": 2}).to_string();
        feed.feed.offer(&Arc::new(Outgoing { line: line.into_boxed_str(), ..(*item(Sort::Event, 2, 0)).clone() }));
        feed.feed.offer(&item(Sort::Finding, 3, 10));
        assert_eq!(numbers(&server.all(2).await), [1, 3]);
        feed.hears(Health::Degraded, "refused");
        let counts = Arc::clone(feed.feed.counts());
        feed.finish(LATE);
        assert_eq!(counts.lost_in_all(), 1);
        let lost = counts.lost(Sort::Event, Reason::Spool) + counts.lost(Sort::Finding, Reason::Refused);
        assert_eq!(lost, 1);
    }
}

/// Authorities `right` and `wrong`, and what the right one signed for `server` and `client`: each `.pem`, and their `.key`.
fn papers(dir: &std::path::Path) {
    let write = |name: &str, text: String| std::fs::write(dir.join(name), text).unwrap();
    let [right, _wrong] = ["right", "wrong"].map(|name| {
        let (mut params, key) = (CertificateParams::new(Vec::new()).unwrap(), KeyPair::generate().unwrap());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        write(&format!("{name}.pem"), params.self_signed(&key).unwrap().pem());
        Issuer::new(params, key)
    });
    for name in ["server", "client"] {
        let (params, key) =
            (CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap(), KeyPair::generate().unwrap());
        write(&format!("{name}.pem"), params.signed_by(&key, &right).unwrap().pem());
        write(&format!("{name}.key"), key.serialize_pem());
    }
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_is_named_and_the_right_one_is_taken() {
    if !runs() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    papers(dir.path());
    let path = |name: &str| dir.path().join(name);
    let (cert, key, ca) = (path("server.pem"), path("server.key"), path("right.pem"));
    let server =
        Server::started(&format!("tls {{ cert_file: {cert:?}, key_file: {key:?}, ca_file: {ca:?}, verify: true }}"));
    let identity = Some((path("client.pem"), path("client.key")));
    let with = |ca| BusOptions { ca: Some(path(ca)), identity: identity.clone(), ..server.options() };
    let mut feed = start(with("wrong.pem"), None);
    feed.offer(1..2, 1);
    feed.hears(Health::Degraded, "UnknownIssuer");
    feed.finish(Duration::ZERO);
    let feed = start(with("right.pem"), None);
    feed.offer(1..10, 1);
    let counts = Arc::clone(feed.feed.counts());
    wait("the end", || Sort::ALL.iter().map(|sort| counts.sent(*sort)).sum::<u64>() == 9);
    feed.finish(LATE);
}

#[tokio::test]
async fn what_nodes_sent_is_read_back_and_what_is_none_of_it_is_refused() {
    if !runs() {
        return;
    }
    let server = Server::started("");
    let feed = start(server.options(), None);
    feed.offer(1..20, 1_000);
    server.all(19).await;
    let context = context(&server.url()).await;
    for (subject, payload) in [
        ("ktrace.c.node%2E2.finding", item(Sort::Finding, 20, 0).line.to_string()),
        ("ktrace.c.node%2E1.finding", "\u{fffd}".to_owned()),
        ("ktrace.c.finding", String::new()),
    ] {
        context.publish(subject, payload.into()).await.unwrap().await.unwrap();
    }
    feed.offer(20..30, 1);
    server.holding(32).await;
    let options = BusOptions { node: "reader".to_owned(), ..server.options() };
    let mut reader = BusReader::since(&options, None).await.unwrap();
    let mut lines: Vec<BusLine> = Vec::new();
    while lines.len() < 29 {
        lines.push(reader.next().await.unwrap().unwrap());
    }
    assert_eq!(lines.iter().map(|line| line.number).collect::<Vec<_>>(), (1..30).collect::<Vec<_>>());
    let refused: Vec<_> = reader.refused().iter().map(|(why, count)| (*why, *count)).collect();
    assert_eq!(refused, [(Refusal::Subject, 1), (Refusal::Line, 1), (Refusal::Node, 1)]);
    let mut later = BusReader::since(&options, Some(lines[25].kept)).await.unwrap();
    assert!(later.next().await.unwrap().unwrap().number >= 20);
    feed.finish(LATE);
}

#[tokio::test]
async fn who_waits_for_a_line_gets_it_after_the_server_was_killed() {
    if !runs() {
        return;
    }
    let mut server = Server::started("");
    let feed = start(server.options(), None);
    feed.offer(1..10, 1);
    server.all(9).await;
    let options = BusOptions { node: "reader".to_owned(), ..server.options() };
    let mut reader = BusReader::since(&options, None).await.unwrap();
    let reading = tokio::spawn(async move {
        let mut numbers = Vec::new();
        while numbers.last() != Some(&19) {
            if let Ok(line) = reader.next().await.expect("it goes on") {
                numbers.push(line.number);
            }
        }
        numbers
    });
    tokio::time::sleep(Duration::from_secs(1)).await;
    // What the server knew of who reads is gone with it.
    server.kill();
    server.start();
    feed.offer(10..20, 1);
    let read = tokio::time::timeout(LATE, reading).await.expect("the last line comes").unwrap();
    assert_eq!(read, (1..20).collect::<Vec<_>>());
    feed.finish(LATE);
}

#[tokio::test]
async fn an_agent_that_is_killed_loses_nothing_that_was_in_its_spool() {
    if !runs() {
        return;
    }
    let mut server = Server::new("");
    let spool = server.dir().join("spool");
    let more = ["--spool", spool.to_str().unwrap()];
    let agent = Agent::start(&[], server.dir(), &server.url(), "ofthekill", &more);
    agent.says("no connection");
    (0..20).for_each(|_| assert!(Command::new("true").arg("ofthekill").status().unwrap().success()));
    std::thread::sleep(Duration::from_secs(1));
    agent.kill();
    server.start();
    let agent = Agent::start(&[], server.dir(), &server.url(), "ofthekill", &more);
    agent.says("wait in the spool from an earlier run");
    let got = server.execs_as(None, 20).await;
    agent.stop();
    assert!(got.iter().all(|got| got.subject.starts_with("ktrace.c.n%2E1.")));
    let of = |got: &Got, field: &str| got.line[field].as_u64().unwrap();
    let places: Vec<_> = got.iter().map(|got| (of(got, "run"), of(got, "seq"))).collect();
    assert!(places.is_sorted_by(|a, b| a < b), "once, and in order: {places:?}");
    let runs: std::collections::BTreeSet<_> = places.iter().map(|(run, _)| run).collect();
    assert_eq!(runs.len(), 2);
}

#[tokio::test]
async fn two_nodes_of_one_name_are_told() {
    if !runs() {
        return;
    }
    let server = Server::started("");
    let mut first = start(server.options(), None);
    first.offer(1..5, 1);
    server.all(4).await;
    let second = start(server.options(), None);
    let origin = Arc::new(Origin { node: "node.1".to_owned(), boot: "another".to_owned(), run: 5 });
    second.feed.offer(&Arc::new(Outgoing { origin, ..(*item(Sort::Finding, 1, 1)).clone() }));
    first.hears(Health::Degraded, "somebody else sends as node node.1 (node%2E1-another-5-1)");
    second.finish(LATE);
    first.finish(LATE);
}

#[tokio::test]
async fn a_node_may_send_in_its_own_name_alone() {
    if !runs() {
        return;
    }
    // As docs/AGENT.md has it.
    let users = r#"authorization { users: [
        { user: admin, password: a }
        { user: node, password: n, permissions: {
            publish: ["ktrace.c.node%2E1.>"], subscribe: ["_INBOX_node%2E1.>"] } } ] }"#;
    let server = Server::started(users);
    let at = |user: &str| format!("nats://{user}@127.0.0.1:{}", server.port);
    let context = context_of(&server.url(), "admin", "a").await;
    make_stream(&context, stream::Config::default()).await;
    let options = BusOptions { servers: vec![at("node:n").parse().unwrap()], ..server.options() };
    let mut feed = start(options, None);
    feed.offer(1..10, 1);
    let counts = Arc::clone(feed.feed.counts());
    wait("the end", || Sort::ALL.iter().map(|sort| counts.sent(*sort)).sum::<u64>() == 9);
    let origin = Arc::new(Origin { node: "node.2".to_owned(), boot: "boot".to_owned(), run: 5 });
    feed.feed.offer(&Arc::new(Outgoing { origin, ..(*item(Sort::Finding, 10, 1)).clone() }));
    feed.hears(Health::Degraded, "Permissions Violation");
    feed.finish(Duration::ZERO);
    let mut stream = context.get_stream("KTRACE").await.unwrap();
    assert_eq!(stream.info().await.unwrap().state.messages, 9);
    let wrong = BusOptions { servers: vec![at("node:wrong").parse().unwrap()], ..server.options() };
    let mut feed = start(wrong, None);
    feed.offer(1..2, 1);
    feed.hears(Health::Degraded, "uthorization");
    assert!(feed.heard.iter().all(|said| !said.text.contains("wrong")), "no password is told: {:?}", feed.heard);
    feed.finish(Duration::ZERO);
}
