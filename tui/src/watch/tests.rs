//! What a watch promises.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::time::Instant;

use tokio::sync::mpsc::{Sender, channel};

use super::*;
use crate::model::{Boot, Exit, Health, Image, Loss, LossKind, ProcessEvent, ProcessId, Seen, Ticks, Time};

const JSON: WatchOptions = options(Format::Json);
const TEXT: WatchOptions = options(Format::Text);

const fn options(format: Format) -> WatchOptions {
    WatchOptions {
        format,
        duration: None,
        events: true,
        filter: None,
        findings: true,
        exceptions: Vec::new(),
        baseline: None,
        attention: None,
        rules: None,
        recorder: None,
    }
}

/// Longer than any test takes.
const LATE: Duration = Duration::from_secs(60);

fn event(pid: u32, kind: Kind) -> Event {
    let process = ProcessId { pid, start: Ticks(1) };
    Event::Process(ProcessEvent { time: Time(1), process, tid: pid, cgroup: None, kind })
}

fn seen(pid: u32) -> Event {
    let seen = Seen {
        parent: None,
        image: Some(Image {
            time: Time(1),
            exe: "/bin/sleep".into(),
            given: "".into(),
            argv: Default::default(),
            cwd: "/".into(),
            unlinked: false,
        }),
        born: Time(1),
        ns_pid: pid,
        creds: Default::default(),
        caps: Default::default(),
        namespaces: Default::default(),
        tty: "".into(),
        connections: Vec::new(),
        stdio: Default::default(),
        fifos: Vec::new(),
    };
    event(pid, Kind::Seen(Box::new(seen)))
}

fn exit(pid: u32) -> Event {
    event(pid, Kind::Exit(Exit { code: Some(0), ..Exit::default() }))
}

fn status(topic: &str, health: Health, text: &str) -> Event {
    Event::Status(Status { time: Time(1), topic: topic.to_owned(), health, text: text.to_owned() })
}

fn ready() -> Event {
    status("source", Health::Ok, "ready")
}

fn loss(kind: LossKind, count: u64) -> Event {
    Event::Loss(Loss { time: Time(1), kind, count, from: Time(0), to: Time(1), group: None })
}

struct Done {
    summary: Summary,
    out: String,
    err: String,
}

/// Watches `batches` until they end.
async fn watched(options: WatchOptions, batches: Vec<Vec<Event>>) -> Done {
    let (sender, receiver) = channel(batches.len().max(1));
    for batch in batches {
        sender.send(batch).await.unwrap();
    }
    drop(sender);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let summary = run(receiver, options, &mut out, &mut err).await.unwrap();
    Done { summary, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

#[tokio::test]
async fn what_was_there_before_is_known_but_not_written() {
    let done = watched(JSON, vec![vec![Event::Boot(Boot::default()), seen(7)], vec![ready()], vec![exit(7)]]).await;
    assert_eq!((done.out.lines().count(), done.summary.tally.events), (1, 1));
    assert!(done.out.contains(r#""kind":"exit""#) && done.out.contains("/bin/sleep"), "{}", done.out);
}

#[tokio::test]
async fn what_is_found_once_ready_is_written() {
    let done = watched(JSON, vec![vec![seen(7), ready(), seen(8)]]).await;
    assert_eq!((done.out.lines().count(), done.summary.tally.events), (1, 1));
    assert!(done.out.contains(r#""kind":"seen","process":{"pid":8,"#), "{}", done.out);
}

#[tokio::test]
async fn ready_is_said_once() {
    let degraded = || status("source", Health::Degraded, "slow");
    let done = watched(TEXT, vec![vec![ready()], vec![degraded()], vec![ready()]]).await;
    assert_eq!(done.err, "ready\nsource: degraded: slow\nsource: ok: ready\n");
    let done = watched(JSON, vec![vec![degraded()], vec![ready()], vec![ready()]]).await;
    assert_eq!(done.err, "ready\n");
    let healths: Vec<_> = done.out.lines().filter(|line| line.starts_with(r#"{"type":"status""#)).collect();
    assert_eq!(healths.len(), 2, "the degraded and the second ok: {}", done.out);
}

#[tokio::test]
async fn what_is_not_the_source_makes_nothing_ready() {
    let done = watched(TEXT, vec![vec![status("docker", Health::Ok, "up\u{1b}[2J"), seen(7)]]).await;
    assert_eq!((done.err.as_str(), done.out.as_str()), ("docker: ok: up\\x1b[2J\n", ""));
}

#[tokio::test]
async fn losses_are_written_and_summed_by_kind() {
    let losses = vec![loss(LossKind::Exec, 2), ready(), loss(LossKind::Exec, 3), loss(LossKind::Net, 1)];
    let done = watched(JSON, vec![losses]).await;
    assert_eq!(done.summary.tally.lost, BTreeMap::from([(LossKind::Exec, 5), (LossKind::Net, 1)]));
    assert_eq!((done.summary.tally.events, done.out.lines().count()), (0, 3));
}

#[tokio::test]
async fn it_ends_when_nothing_more_can_come() {
    let done = tokio::time::timeout(LATE, watched(JSON, Vec::new())).await.unwrap();
    assert_eq!(done.summary, Summary::default());
}

#[tokio::test]
async fn what_was_not_watched_yet_is_not_said_to_be_whole() {
    let done = watched(JSON, vec![vec![seen(7)]]).await;
    let said = done.summary.tally.to_string();
    assert!(said.contains("not watching yet") && !said.contains("nothing lost"), "{said}");
    let done = watched(JSON, vec![vec![seen(7), ready()]]).await;
    assert_eq!(done.summary.tally.to_string(), "0 events, 0 findings, nothing lost");
}

#[tokio::test]
async fn it_ends_when_its_time_is_over_with_what_it_had() {
    let (sender, receiver) = channel(4);
    sender.send(vec![ready(), exit(7)]).await.unwrap();
    let options = WatchOptions { duration: Some(Duration::from_millis(50)), ..JSON };
    let (began, mut out) = (Instant::now(), Vec::new());
    let summary = tokio::time::timeout(LATE, run(receiver, options, &mut out, io::sink())).await.unwrap().unwrap();
    assert!(began.elapsed() >= Duration::from_millis(50), "not before");
    assert_eq!((summary.tally.events, String::from_utf8(out).unwrap().lines().count()), (1, 1));
    assert!(sender.is_closed(), "the sources hear that nobody listens");
}

#[tokio::test]
async fn a_flood_does_not_keep_the_end_away() {
    /// Takes long to write, so that the channel is never found empty.
    struct Slow;
    impl Write for Slow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            std::thread::sleep(Duration::from_millis(1));
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (sender, receiver) = channel(64);
    // It ends by itself in time, so that a watch that does not notice its end fails here and does not hang.
    let flood = std::thread::spawn(move || {
        let began = Instant::now();
        while began.elapsed() < Duration::from_secs(60) {
            if sender.blocking_send((1..500).map(exit).collect()).is_err() {
                return "nobody listened any more";
            }
        }
        "the flood was over first"
    });
    let options = WatchOptions { duration: Some(Duration::from_millis(50)), ..JSON };
    run(receiver, options, Slow, io::sink()).await.unwrap();
    assert_eq!(flood.join().unwrap(), "nobody listened any more");
}

/// Refuses every byte, as a pipe does when its reader went or a disk that is full.
struct Refusing(ErrorKind);

impl Write for Refusing {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// One event for a channel that stays open.
async fn one() -> (Sender<Vec<Event>>, Receiver<Vec<Event>>) {
    let (sender, receiver) = channel(4);
    sender.send(vec![ready(), exit(7)]).await.unwrap();
    (sender, receiver)
}

#[tokio::test]
async fn a_reader_that_goes_ends_it_well() {
    let (_open, batches) = one().await;
    let run = run(batches, JSON, Refusing(ErrorKind::BrokenPipe), io::sink());
    assert_eq!(tokio::time::timeout(LATE, run).await.unwrap().unwrap().tally.events, 1);
}

#[tokio::test]
async fn a_disk_that_is_full_is_an_error() {
    let (_open, batches) = one().await;
    let run = run(batches, JSON, Refusing(ErrorKind::StorageFull), io::sink());
    assert_eq!(tokio::time::timeout(LATE, run).await.unwrap().unwrap_err().kind(), ErrorKind::StorageFull);
}

#[tokio::test]
async fn that_nobody_reads_the_statuses_does_not_end_it() {
    let (sender, batches) = one().await;
    drop(sender);
    let mut out = Vec::new();
    let summary = run(batches, JSON, &mut out, Refusing(ErrorKind::BrokenPipe)).await.unwrap();
    assert_eq!((summary.tally.events, String::from_utf8(out).unwrap().lines().count()), (1, 1));
}

#[tokio::test]
async fn a_line_is_out_before_the_next_event_comes() {
    let (sender, receiver) = channel(4);
    let (reader, writer) = io::pipe().unwrap();
    sender.send(vec![ready(), exit(7)]).await.unwrap();
    let line = std::thread::spawn(move || io::BufRead::lines(io::BufReader::new(reader)).next().unwrap().unwrap());
    let wait = async {
        while !line.is_finished() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        drop(sender);
    };
    let both = async { tokio::join!(run(receiver, JSON, writer, io::sink()), wait) };
    tokio::time::timeout(LATE, both).await.unwrap().0.unwrap();
    assert!(line.join().unwrap().contains(r#""kind":"exit""#));
}
