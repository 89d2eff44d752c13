//! From the events of a node to the lines that leave it.

use tokio::sync::mpsc::Sender;

use super::super::press::Press;
use super::*;
use crate::model::{
    Boot, Event, Exec, Exit, Health, Image, Kind, Loss, LossKind, Model, ProcessEvent, ProcessId, Status, Ticks,
};

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

fn options(feeds: Vec<Feed>, said: Receiver<Said>) -> Options {
    Options {
        node: None,
        events: Events::All,
        redact: true,
        duration: None,
        flush: LATE,
        exceptions: Vec::new(),
        baseline: None,
        attention: None,
        rules: None,
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
    let loss =
        Event::Loss(Loss { time: Time(1), kind: LossKind::Net, count: 2, from: Time(0), to: Time(1), group: None });
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
    let loss =
        Event::Loss(Loss { time: Time(1), kind: LossKind::Net, count: 2, from: Time(0), to: Time(1), group: None });
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

#[test]
fn a_press_numbers_without_holes() {
    let mut press = Press::new(false, 1).unwrap();
    let model = Model::new(crate::model::Limits::default());
    let numbers: Vec<_> = (0..5).map(|_| press.event(&exit(7), &model).unwrap().number).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5]);
}
