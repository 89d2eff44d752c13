//! What feeds promise.
#![allow(clippy::unwrap_used, reason = "tests")]

mod alerts;
pub(super) mod server;

use std::collections::VecDeque;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::press::Press;
use super::*;
use crate::model::{
    Boot, Event, Exec, Exit, Health, Image, Kind, Loss, LossKind, Model, ProcessEvent, ProcessId, Status, Ticks, Time,
};

/// Longest that something is waited for.
const LATE: Duration = Duration::from_secs(20);

pub(super) fn item(sort: Sort, number: u64) -> Arc<Outgoing> {
    let origin = Arc::new(Origin { node: "n".to_owned(), boot: "b".to_owned(), run: 1 });
    let line = format!("{{\"type\":\"{}\",\"seq\":{number}}}", sort.name()).into_boxed_str();
    Arc::new(Outgoing { sort, origin, number, time: Time(number), severity: None, class: None, line })
}

fn exec(pid: u32, argv: &[&str]) -> Event {
    let image = Image {
        time: Time(1),
        exe: "/bin/x".into(),
        given: "/bin/x".into(),
        argv: crate::model::Argv { args: argv.iter().copied().collect(), ..Default::default() },
        cwd: "/".into(),
        unlinked: false,
    };
    let exec = Exec {
        image,
        parent: None,
        ns_pid: pid,
        creds: Default::default(),
        caps: Default::default(),
        namespaces: Default::default(),
        tty: "".into(),
        stdio: Default::default(),
        file: None,
    };
    process(pid, Kind::Exec(Box::new(exec)))
}

fn process(pid: u32, kind: Kind) -> Event {
    let process = ProcessId { pid, start: Ticks(1) };
    Event::Process(ProcessEvent { time: Time(1), process, tid: pid, cgroup: None, kind })
}

fn exit(pid: u32) -> Event {
    process(pid, Kind::Exit(Exit { code: Some(0), ..Exit::default() }))
}

fn ready() -> Event {
    Event::Status(Status { time: Time(1), topic: "source".to_owned(), health: Health::Ok, text: "ready".to_owned() })
}

fn boot() -> Event {
    Event::Boot(Boot { id: "boot-1".to_owned(), host: "node-1".to_owned(), ..Boot::default() })
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

#[test]
fn what_is_offered_arrives_in_its_order() {
    let puppet = Puppet::default();
    let got = Arc::clone(&puppet.got);
    let (feed, _said) = started(puppet, Room::default());
    let sorts = Sort::ALL.iter().cycle();
    let lines: Vec<_> = sorts.zip(1..1_000).map(|(sort, number)| item(*sort, number)).collect();
    lines.iter().for_each(|item| feed.offer(item));
    let counts = Arc::clone(feed.counts());
    finish(feed);
    let sent: Vec<String> = lines.iter().map(|item| item.line.to_string()).collect();
    assert_eq!(*got.lock().unwrap(), sent);
    assert_eq!(Sort::ALL.map(|sort| counts.sent(sort)).iter().sum::<u64>(), 999);
    assert_eq!(counts.lost_in_all(), 0);
}

#[test]
fn findings_are_last_to_go_and_what_went_is_told() {
    let trouble = Err(Trouble::later("busy"));
    let puppet = Puppet::answering([trouble]);
    let (got, tries) = (Arc::clone(&puppet.got), Arc::clone(&puppet.tries));
    let (feed, _said) = started(puppet, Room { items: 4, bytes: 1 << 20 });
    feed.offer(&item(Sort::Status, 1));
    wait("the first attempt", || tries.load(Ordering::SeqCst) > 0);
    let sorts = [Sort::Event, Sort::Finding, Sort::Event, Sort::Incident, Sort::Event, Sort::Finding, Sort::Event];
    sorts.iter().zip(2..).for_each(|(sort, number)| feed.offer(&item(*sort, number)));
    let counts = Arc::clone(feed.counts());
    assert_eq!(counts.lost(Sort::Event, Reason::QueueFull), 3, "the three that were the oldest");
    assert_eq!(feed.depth().items, 4);
    finish(feed);
    assert!(got.lock().unwrap()[1].starts_with(r#"{"type":"loss","time":"#), "{got:?}");
    let got: Vec<Value> = got.lock().unwrap().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<_> = got.iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 6, 3, 5, 7, 8], "the loss has the number of the last that was lost");
    assert_eq!((&got[1]["type"], &got[1]["kind"]), (&"loss".into(), &"unsent".into()));
    assert_eq!((&got[1]["count"], &got[1]["of"]), (&3.into(), &serde_json::json!({"event": 3})));
    assert_eq!(got[1]["feed"], "puppet");
}

#[test]
fn where_nothing_but_findings_waits_the_oldest_goes() {
    let puppet = Puppet { hangs: true, ..Puppet::default() };
    let tries = Arc::clone(&puppet.tries);
    let (feed, _said) = started(puppet, Room { items: 2, bytes: 1 << 20 });
    feed.offer(&item(Sort::Event, 1));
    wait("the first attempt", || tries.load(Ordering::SeqCst) > 0);
    (2..6).for_each(|number| feed.offer(&item(Sort::Finding, number)));
    feed.offer(&item(Sort::Event, 6));
    assert_eq!(feed.counts().lost(Sort::Finding, Reason::QueueFull), 2);
    assert_eq!(feed.counts().lost(Sort::Event, Reason::QueueFull), 1, "an event never takes the place of a finding");
    let (counts, end) = (Arc::clone(feed.counts()), Instant::now() + Duration::from_millis(100));
    feed.close(end);
    feed.join(end);
    assert!(end.elapsed() < Duration::from_secs(5), "it does not wait for who does not answer");
    assert_eq!(counts.lost(Sort::Finding, Reason::Ended), 2, "what waited is counted");
    assert_eq!(counts.lost(Sort::Event, Reason::Ended), 1, "what was on its way, too");
}

#[test]
fn what_is_refused_for_a_while_is_sent_again_and_said_once() {
    let busy = || Err(Trouble::Later { why: "503".to_owned(), after: Some(Duration::from_millis(1)) });
    let puppet = Puppet::answering([busy(), busy()]);
    let got = Arc::clone(&puppet.got);
    let (feed, mut said) = started(puppet, Room::default());
    feed.offer(&item(Sort::Finding, 1));
    let counts = Arc::clone(feed.counts());
    wait("the finding", || counts.sent(Sort::Finding) == 1);
    assert_eq!((got.lock().unwrap().len(), counts.retried()), (1, 2));
    finish(feed);
    let said: Vec<_> = std::iter::from_fn(|| said.try_recv().ok()).map(|said| (said.health, said.text)).collect();
    assert_eq!(said, [(Health::Degraded, "503".to_owned()), (Health::Ok, "sends again".to_owned())]);
}

#[test]
fn what_is_refused_for_good_is_counted_and_the_rest_goes_on() {
    let puppet = Puppet::answering([Err(Trouble::Refused { why: "400".to_owned(), count: 1 })]);
    let (feed, _said) = started(puppet, Room::default());
    feed.offer(&item(Sort::Finding, 1));
    wait("the refusal", || feed.counts().lost(Sort::Finding, Reason::Refused) == 1);
    feed.offer(&item(Sort::Finding, 2));
    wait("the next", || feed.counts().sent(Sort::Finding) == 1);
    finish(feed);
}

#[test]
fn a_feed_whose_other_side_is_gone_is_over() {
    let puppet = Puppet::answering([Err(Trouble::Over { why: "gone".to_owned() })]);
    let (feed, _said) = started(puppet, Room::default());
    feed.offer(&item(Sort::Finding, 1));
    wait("the end", || feed.is_over());
    feed.offer(&item(Sort::Finding, 2));
    assert_eq!(feed.counts().lost(Sort::Finding, Reason::Ended), 2);
}

fn options(feeds: Vec<Feed>, said: Receiver<Said>) -> Options {
    Options {
        node: None,
        events: Events::All,
        redact: true,
        duration: None,
        flush: LATE,
        exceptions: Vec::new(),
        attention: None,
        feeds,
        said,
        metrics: Arc::default(),
    }
}

/// What left of `events`, and what was said to people.
async fn left(events: Vec<Event>, change: impl FnOnce(&mut Options)) -> (Vec<Value>, String) {
    let puppet = Puppet::default();
    let got = Arc::clone(&puppet.got);
    let (feed, said) = started(puppet, Room::default());
    let mut options = options(vec![feed], said);
    change(&mut options);
    let (sender, batches): (Sender<Vec<Event>>, _) = channel(1);
    sender.send(events).await.unwrap();
    drop(sender);
    let mut err = Vec::new();
    run(batches, options, &mut err).await.unwrap();
    let lines = got.lock().unwrap().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    (lines, String::from_utf8(err).unwrap())
}

#[tokio::test]
async fn each_line_has_its_type_first_and_says_where_it_comes_from() {
    let loss = Event::Loss(Loss { time: Time(1), kind: LossKind::Net, count: 2, from: Time(0), to: Time(1) });
    let (lines, err) = left(vec![boot(), ready(), exec(7, &["x"]), exit(7), loss], |_| {}).await;
    let types: Vec<_> = lines.iter().map(|line| line["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["status", "event", "event", "loss"]);
    for (line, number) in lines.iter().zip(1..) {
        assert_eq!((&line["node"], &line["boot"], &line["seq"]), (&"node-1".into(), &"boot-1".into(), &number.into()));
        assert!(line["run"].as_u64().unwrap() > 0);
    }
    assert_eq!(err, "ready\n");
}

#[test]
fn the_type_comes_first_redacted_or_not() {
    let model = Model::new(crate::model::Limits::default());
    for redact in [false, true] {
        let made = Press::new(redact, 1).unwrap().event(&exit(7), &model).unwrap();
        assert!(made.line.starts_with(r#"{"type":"event","time":"#), "{}", made.line);
    }
}

#[tokio::test]
async fn secrets_do_not_leave_unless_asked_for() {
    let events = || vec![boot(), ready(), exec(7, &["x", "--password", "hunter2x"]), exec(8, &["echo", "hunter2x"])];
    let (lines, _) = left(events(), |_| {}).await;
    let told = format!("{lines:?}");
    assert!(!told.contains("hunter2x") && told.contains("secret-"), "{told}");
    assert_eq!(lines[1]["process"]["argv"][2], lines[2]["process"]["argv"][1], "the same is the same");
    let (lines, _) = left(events(), |options| options.redact = false).await;
    assert_eq!(lines[1]["process"]["argv"], serde_json::json!(["x", "--password", "hunter2x"]));
}

#[tokio::test]
async fn events_leave_by_filter_and_what_is_not_one_always() {
    let events = || vec![boot(), ready(), exec(7, &["x"]), exit(7)];
    let (lines, _) = left(events(), |options| options.events = Events::None).await;
    assert_eq!(lines.len(), 1, "the status: {lines:?}");
    let anchor = crate::model::filter::Anchor { now: Time(1), offset: 0 };
    let filter = crate::model::filter::Filter::parse("kind = exit", anchor).unwrap().unwrap();
    let (lines, _) = left(events(), |options| options.events = Events::Some(filter)).await;
    assert_eq!((lines.len(), &lines[1]["kind"]), (2, &"exit".into()));
}

#[tokio::test]
async fn what_happened_can_be_read_as_numbers() {
    let metrics = Arc::new(Metrics::default());
    let loss = Event::Loss(Loss { time: Time(1), kind: LossKind::Net, count: 2, from: Time(0), to: Time(1) });
    let of_run = Arc::clone(&metrics);
    left(vec![boot(), ready(), exec(7, &["x"]), exit(7), loss], |options| options.metrics = of_run).await;
    let page = metrics.expose();
    for line in [
        "ktrace_ready 1",
        "ktrace_events_total{kind=\"exec\"} 1",
        "ktrace_lost_total{kind=\"net\"} 2",
        "ktrace_feed_up{feed=\"puppet\"} 1",
        "ktrace_feed_sent_total{feed=\"puppet\",type=\"event\"} 2",
        "ktrace_feed_lost_total{feed=\"puppet\",type=\"event\",reason=\"queue_full\"} 0",
        "ktrace_feed_queue_lines{feed=\"puppet\"} 0",
    ] {
        assert!(page.lines().any(|there| there == line), "{line} is not in\n{page}");
    }
}

#[tokio::test]
async fn what_a_feed_says_is_told_to_people_and_to_all_feeds() {
    let (sad, happy) = (Puppet::answering([Err(Trouble::later("429 \u{1b}[2J"))]), Puppet::default());
    let got = Arc::clone(&happy.got);
    let (say, said) = channel(8);
    let feeds = vec![
        Feed::start("sad", sad, Room::default(), say.clone()).unwrap(),
        Feed::start("happy", happy, Room::default(), say).unwrap(),
    ];
    let (sender, batches): (Sender<Vec<Event>>, _) = channel(1);
    let mut err = Vec::new();
    let options = options(feeds, said);
    let feeding = async {
        sender.send(vec![boot(), ready()]).await.unwrap();
        let began = Instant::now();
        while !got.lock().unwrap().iter().any(|line| line.contains("429")) {
            assert!(began.elapsed() < LATE, "nothing is said");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        drop(sender);
    };
    let (done, ()) = tokio::join!(run(batches, options, &mut err), feeding);
    done.unwrap();
    let err = String::from_utf8(err).unwrap();
    assert!(err.contains("sad: degraded: 429 \\x1b[2J"), "{err}");
}

/// Writes `lines` of ten bytes each through a sink, one batch each.
async fn write(sink: &mut FileSink, from: u64, to: u64) {
    for number in from..to {
        sink.send(&[item(Sort::Event, number)]).await.unwrap();
    }
}

fn beside(path: &Path) -> Vec<String> {
    let all = fs::read_dir(path.parent().unwrap()).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap());
    let mut all: Vec<_> = all.collect();
    all.sort();
    all
}

#[tokio::test]
async fn files_are_put_aside_by_size_and_nothing_of_them_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let rotation = Rotation { size: Some(100), compress: true, ..Rotation::default() };
    let mut sink = FileSink::json(&path, rotation).unwrap();
    write(&mut sink, 100, 120).await;
    // A batch that is larger than a file is spread over several.
    let batch: Vec<_> = (120..140).map(|number| item(Sort::Event, number)).collect();
    sink.send(&batch).await.unwrap();
    sink.close().await.unwrap();
    let names = beside(&path);
    assert_eq!(names[0], "out.jsonl");
    let mut text = String::new();
    for name in names[1..].iter().chain([&names[0]]) {
        let file = folder.path().join(name);
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
        let bytes = fs::read(&file).unwrap();
        let plain = if name.ends_with(".zst") { zstd::decode_all(&bytes[..]).unwrap() } else { bytes };
        assert!(plain.len() <= 100, "{name}: {}", plain.len());
        text.push_str(std::str::from_utf8(&plain).unwrap());
    }
    let numbers: Vec<u64> =
        text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["seq"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (100..140).collect::<Vec<_>>());
}

#[tokio::test]
async fn only_so_many_stay() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    fs::write(folder.path().join("out.jsonl.mine"), "mine").unwrap();
    let rotation = Rotation { size: Some(60), keep: Some(2), ..Rotation::default() };
    let mut sink = FileSink::json(&path, rotation).unwrap();
    write(&mut sink, 100, 130).await;
    sink.close().await.unwrap();
    let names = beside(&path);
    assert_eq!(names.len(), 4, "the file, two that were put aside, and what is not ours: {names:?}");
    assert!(names.contains(&"out.jsonl.mine".to_owned()));
}

#[tokio::test]
async fn files_are_put_aside_by_time_also_when_nothing_comes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let every = Some(Duration::from_millis(1));
    let mut sink = FileSink::json(&path, Rotation { every, ..Rotation::default() }).unwrap();
    write(&mut sink, 1, 2).await;
    tokio::time::sleep(Duration::from_millis(5)).await;
    sink.tend().await.unwrap();
    assert_eq!((beside(&path).len(), fs::metadata(&path).unwrap().len()), (2, 0));
    tokio::time::sleep(Duration::from_millis(5)).await;
    sink.tend().await.unwrap();
    assert_eq!(beside(&path).len(), 2, "an empty file stays");
}

#[tokio::test]
async fn a_line_that_was_cut_off_by_a_kill_spoils_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    fs::write(&path, "{\"type\":\"event\"}\n{\"ty").unwrap();
    let mut sink = FileSink::json(&path, Rotation::default()).unwrap();
    write(&mut sink, 7, 8).await;
    let text = fs::read_to_string(&path).unwrap();
    assert_eq!(text, "{\"type\":\"event\"}\n{\"ty\n{\"type\":\"event\",\"seq\":7}\n");
}

#[tokio::test]
async fn a_file_that_somebody_else_put_aside_is_made_anew() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    let mut sink = FileSink::json(&path, Rotation::default()).unwrap();
    write(&mut sink, 1, 2).await;
    fs::rename(&path, folder.path().join("theirs")).unwrap();
    write(&mut sink, 2, 3).await;
    assert_eq!(fs::read_to_string(&path).unwrap(), "{\"type\":\"event\",\"seq\":2}\n");
}

#[test]
fn a_link_is_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("out.jsonl");
    std::os::unix::fs::symlink(folder.path().join("elsewhere"), &path).unwrap();
    assert!(FileSink::json(&path, Rotation::default()).is_err());
}

#[test]
fn a_press_numbers_without_holes() {
    let mut press = Press::new(false, 1).unwrap();
    let model = Model::new(crate::model::Limits::default());
    let numbers: Vec<_> = (0..5).map(|_| press.event(&exit(7), &model).unwrap().number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
}
