//! A filter means the same to the tables of a recording as to the model of a live view.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../benches/kit/storm.rs"]
mod storm;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use ktrace_tui::model::filter::{Anchor, Filter};
use ktrace_tui::model::{
    Answer, Container, ContainerNews, Content, Event, GroupKey, Kind, Limits as Kept, Model, Names, ProcessEvent,
    Sha256, Time, Told,
};
use ktrace_tui::store::{Batch, Limits, Packed, Recording, Writer};
use storm::Storm;

const EVENTS: usize = 12_000;
/// Nobody is forgotten, so that the model knows as much as the tables.
const KEPT: Kept = Kept { dead: 1_000_000, connections: 1_000, images: 1_000 };

fn write(events: &[Event], path: &Path) {
    let mut model = Model::new(KEPT);
    let mut writer = Writer::create(path, &Vec::new(), None, Limits::default()).unwrap();
    let mut first = 1;
    for events in events.chunks(2_500) {
        let batch = Batch { first, events: events.to_vec(), memory: Some(model.remember()), ..Batch::default() };
        events.iter().for_each(|event| model.apply(event));
        first += events.len() as u64;
        writer.write(&Arc::new(Packed::pack(&batch)), &batch).unwrap();
    }
    writer.close(Time(0)).unwrap();
}

/// What happens on a node, with names for its containers from the start on.
fn events() -> Vec<Event> {
    let mut events: Vec<Event> = Storm::new(11, 2_000).take(EVENTS).collect();
    let ids: BTreeSet<Arc<str>> = events.iter().filter_map(container).collect();
    let named = ids.into_iter().enumerate().map(|(number, id)| {
        Event::Container(ContainerNews {
            id: id.to_string(),
            name: Some(format!("web-{number}")),
            image: Some(format!("registry/app:{}", number % 3)),
            pod: Some(format!("pod-{}", number % 7)),
            namespace: Some(["shop", "kube-system"][number % 2].to_owned()),
            ..ContainerNews::default()
        })
    });
    let named: Vec<Event> = named.collect();
    events.splice(1..1, named);
    name(&mut events);
    read(&mut events);
    events
}

/// Tells what is in every tenth program that is run.
fn read(events: &mut Vec<Event>) {
    let mut told = Vec::new();
    for (number, event) in events.iter().enumerate() {
        if let Event::Process(ProcessEvent { kind: Kind::Exec(exec), .. }) = event
            && number % 10 == 0
        {
            let content = Content { exe: exec.image.exe.clone(), sha256: Sha256([number as u8; 32]), size: 1 };
            told.push((number, ProcessEvent { kind: Kind::Content(Box::new(content)), ..process_of(event) }));
        }
    }
    told.into_iter().rev().for_each(|(number, event)| events.insert(number + 1, Event::Process(event)));
}

fn process_of(event: &Event) -> ProcessEvent {
    let Event::Process(event) = event else { unreachable!("it is one") };
    event.clone()
}

/// Gives names to addresses that are talked to: to each two, one after the other, and to some a pod.
fn name(events: &mut Vec<Event>) {
    let remote = |event: &Event| match event {
        Event::Process(ProcessEvent { kind: Kind::Net(net), .. }) => net.remote.map(|remote| remote.ip()),
        _ => None,
    };
    let addresses: BTreeSet<_> = events.iter().filter_map(remote).collect();
    for (number, address) in addresses.into_iter().enumerate() {
        let told = |name: String| {
            let answer = Answer { name: name.as_str().into(), addresses: vec![address], ttl: 60, server: address };
            Event::Names(Box::new(Names { time: Time(0), group: None, told: Told::Answer(answer) }))
        };
        events.insert(1, told(format!("first-{}.test", number % 4)));
        let later = events.len() / 2;
        events.insert(later, told(format!("second-{}.test", number % 3)));
        if number % 2 == 0 {
            let services = [(address, format!("service-{}", number % 5).as_str().into())].into();
            let group = Some(GroupKey::Container("some".into()));
            events
                .insert(later, Event::Names(Box::new(Names { time: Time(0), group, told: Told::Services(services) })));
        }
    }
}

fn container(event: &Event) -> Option<Arc<str>> {
    let Event::Process(event) = event else { return None };
    match &event.cgroup.as_ref()?.place.key {
        GroupKey::Container(id) => Some(Arc::clone(id)),
        _ => None,
    }
}

fn opened(event: &Event) -> Option<String> {
    let Event::Process(ProcessEvent { kind: Kind::Act(act), .. }) = event else { return None };
    act.what.paths()[0].map(|path| path.lossless())
}

/// The events that fulfil `text`, by the model of each moment and by the tables.
fn both(text: &str, events: &[Event], recording: &Recording) -> (BTreeSet<u64>, BTreeSet<u64>) {
    let anchor = Anchor { now: events.last().unwrap().time(), offset: 0 };
    let filter = Filter::parse(text, anchor).unwrap_or_else(|error| panic!("{}", error.pointed(text))).unwrap();
    let mut model = Model::new(KEPT);
    let mut truth = BTreeSet::new();
    for (number, event) in (1..).zip(events) {
        model.apply(event);
        if let Event::Process(event) = event
            && filter.event(event, &model)
        {
            truth.insert(number);
        }
    }
    let mut told = BTreeSet::new();
    let take = &mut |hit: ktrace_tui::store::Hit| told.insert(hit.number);
    recording.hunt(&filter, u64::MAX, take).unwrap();
    assert_eq!(recording.count(&filter).unwrap(), told.len() as u64, "{text}");
    (truth, told)
}

#[test]
fn the_tables_and_the_model_give_the_same_events() {
    let (folder, events) = (tempfile::tempdir().unwrap(), events());
    let path = folder.path().join("storm.ktrace");
    write(&events, &path);
    let recording = Recording::open(&path).unwrap();
    let id = events.iter().find_map(container).unwrap();
    let short = &id[..12];
    let mut never = Vec::new();
    let texts = [
        "pid = 100",
        "pid = 100..200 and kind = exec",
        "ppid = 1",
        "exe = /usr/bin/curl",
        "exe = /usr/*/curl",
        "exe ~ \"(bash|git)$\"",
        "name = bash or name = git",
        "not name = bash",
        "name != bash and kind != exit",
        "argv ~ \"token=t1[0-9]{3}\"",
        "arg = -c",
        "arg ~ \"^/srv/job-77\"",
        "\"token=t123\"",
        "job-12",
        "1234",
        "12",
        "data-1",
        "path ~ \"data-1.*[0-5]$\"",
        "path = /var/lib/*7",
        "kind = content and path = /usr/bin/curl",
        "sha256 = 0a*",
        "sha256 ~ \"^(14|1e)\"",
        "sha256 != 0a*",
        "1e1e1e1e",
        "address = 10.1.0.0/16",
        "remote = 10.2.0.0/15 and port = 443",
        "local = 172.17.0.2",
        "remote.name = first-1.test",
        "remote.name ~ ^second and kind = close",
        "remote.name = service-4",
        "remote.name != second-2.test and kind = connect",
        "port > 60000",
        "port = 40000..50000",
        "direction = outbound",
        "protocol = tcp and sent > 5000",
        "received <= 50000",
        "kind = connect",
        "uid = 1000",
        "uid > 1000 and uid < 4000",
        "euid = 0",
        "code = 1",
        "code != 0",
        "alive = no",
        "failed = no and kind = connect",
        "container = host",
        "container != host and kind = open",
        "container = web-3",
        "container = web-*",
        "image = registry/app:1 and kind = exec",
        "pod = pod-2",
        "namespace = shop and not container = web-2",
        "namespace ~ ^kube",
        "time > 12:00:03",
        "time = 12:00:02..12:00:04 and kind = fork",
        "within container web-3",
        "within (namespace = shop)",
        "under pid = 1 and kind = connect",
        "not under pid = 1",
        "(kind = exec or kind = fork) and not (uid = 0 or uid = 1000)",
        "bash and not curl",
        "severity = high",
    ];
    for text in texts {
        let (truth, told) = both(text, &events, &recording);
        let few = |set: BTreeSet<u64>| set.into_iter().take(9).collect::<Vec<_>>();
        assert!(
            told == truth,
            "{text}: only the tables: {:?}, only the model: {:?}",
            few(&told - &truth),
            few(&truth - &told)
        );
        if truth.is_empty() {
            never.push(text);
        }
    }
    // What findings alone have, no event has; and all that happens is under the first process.
    assert_eq!(never, ["not under pid = 1", "severity = high"]);
    let path = events.iter().find_map(opened).unwrap();
    for text in [format!("container = {short}"), format!("path = {path}"), format!("pid = 100 and path != {path}")] {
        let (truth, told) = both(&text, &events, &recording);
        assert!(told == truth && !truth.is_empty(), "{text}");
    }
    // Whoever ran something once is told by the tables for all its life, and by the model for what it runs.
    for text in ["under name = bash", "within name = git", "under (name = make and uid = 1000)"] {
        let (truth, told) = both(text, &events, &recording);
        assert!(told.is_superset(&truth) && !truth.is_empty(), "{text}");
    }
}

#[test]
fn a_login_that_audit_does_not_know_is_found_all_the_same() {
    let (folder, mut events) = (tempfile::tempdir().unwrap(), events());
    let became = |event: &mut Event| {
        if let Event::Process(ProcessEvent { kind: Kind::Exec(exec), .. }) = event
            && exec.image.exe.bytes().ends_with(b"/make")
        {
            exec.image.exe = "/usr/bin/sudo".into();
        }
    };
    events.iter_mut().for_each(became);
    let path = folder.path().join("logins.ktrace");
    write(&events, &path);
    let recording = Recording::open(&path).unwrap();
    for text in ["login = 1000", "login > 1000 and kind = exec", "login = 0 and not uid = 0"] {
        let (truth, told) = both(text, &events, &recording);
        assert!(told == truth && !truth.is_empty(), "{text}: {} and {}", told.len(), truth.len());
    }
}

#[test]
fn what_is_found_tells_who_it_was_at_that_moment() {
    let (folder, events) = (tempfile::tempdir().unwrap(), events());
    let path = folder.path().join("storm.ktrace");
    write(&events, &path);
    let recording = Recording::open(&path).unwrap();
    let filter = Filter::parse("kind = exec", Anchor::default()).unwrap().unwrap();
    let mut model = Model::new(KEPT);
    let mut at = 0;
    let mut seen = 0;
    let take = &mut |hit: ktrace_tui::store::Hit| {
        while at < hit.number as usize {
            model.apply(&events[at]);
            at += 1;
        }
        let process = model.process(hit.who.process).unwrap();
        let image = process.image().unwrap();
        assert_eq!(hit.who.exe, image.exe.lossless());
        assert_eq!(hit.who.argv, image.argv.args.iter().map(|arg| arg.lossless()).collect::<Vec<_>>());
        assert_eq!(hit.who.uid, Some(process.creds.uid));
        let known: Option<&Container> = model.group(&process.group).and_then(|group| group.container.as_ref());
        assert_eq!(hit.who.name, known.and_then(|it| it.news.name.clone()));
        assert_eq!(hit.time, events[at - 1].time());
        seen += 1;
        true
    };
    recording.hunt(&filter, 1_000, take).unwrap();
    assert_eq!(seen, 1_000);
}

fn said(arguments: &[&str]) -> (i32, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_ktrace-tui")).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (out.status.code().unwrap(), text(out.stdout), text(out.stderr))
}

#[test]
fn the_command_tells_lines_json_and_counts() {
    let (folder, events) = (tempfile::tempdir().unwrap(), events());
    let path = folder.path().join("storm.ktrace");
    write(&events, &path);
    let file = path.to_str().unwrap();
    let (code, out, err) = said(&["hunt", file, "name = curl and kind = exec", "--limit", "7"]);
    assert_eq!((code, out.lines().count()), (0, 7), "{err}");
    assert!(out.lines().all(|line| line.contains("/usr/bin/curl  curl -c /srv/job-")), "{out}");
    assert!(err.contains("only the first 7"), "{err}");
    let (_, count, _) = said(&["hunt", file, "name = curl and kind = exec", "--count"]);
    let (_, out, err) = said(&["hunt", file, "name = curl and kind = exec", "--format", "json", "--limit", "100000"]);
    assert_eq!(out.lines().count().to_string(), count.trim(), "{err}");
    // The same events as `events --filter` tells, as far as a hunt tells them.
    let (_, whole, _) = said(&["events", file, "--filter", "name = curl and kind = exec", "--format", "json"]);
    assert_eq!(whole.lines().count(), out.lines().count());
    for (short, whole) in out.lines().zip(whole.lines()) {
        let [short, whole]: [serde_json::Value; 2] = [short, whole].map(|line| serde_json::from_str(line).unwrap());
        for field in ["type", "time", "kind"] {
            assert_eq!(short[field], whole[field]);
        }
        for field in ["pid", "start_time", "exe", "argv", "cwd", "uid"] {
            assert_eq!(short["process"][field], whole["process"][field], "{field}");
        }
        for field in ["id", "name", "image"] {
            assert_eq!(short["process"]["container"][field], whole["process"]["container"][field], "{field}");
        }
    }
}

#[test]
fn what_is_wrong_with_a_filter_is_pointed_at() {
    let (folder, events) = (tempfile::tempdir().unwrap(), events());
    let path = folder.path().join("storm.ktrace");
    write(&events[..100], &path);
    let file = path.to_str().unwrap();
    for arguments in [
        vec!["hunt", file, "uid = 0 and exee = /bin/sh"],
        vec!["events", file, "--filter", "uid = 0 and exee = /bin/sh"],
    ] {
        let (code, out, err) = said(&arguments);
        assert_eq!((code, out.as_str()), (2, ""));
        assert!(err.starts_with("uid = 0 and exee = /bin/sh\n            ^^^^ "), "{err}");
        assert!(err.contains("`exe`") && err.contains("column 13"), "{err}");
    }
}
