//! A redacted copy of a recording tells the same story, and none of its secrets.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

#[path = "../benches/kit/storm.rs"]
mod storm;

use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

use ktrace_tui::detect::Detector;
use ktrace_tui::model::{ContainerNews, Event, Health, Kind, Model, Status, Text, Time};
use ktrace_tui::store::{
    Batch, Found, Limits, Moment, Next, Note, Packed, Player, Recording, Tape as _, Verdict, Writer, walk,
};
use storm::Storm;

const EVENTS: usize = 6_000;
/// What nobody may find in the copy.
const SECRETS: [&str; 9] = [
    "hunter2hunter2",
    "AKIAIOSFODNN7EXAMPLE",
    "s3cr3t-t0ken-0815",
    "margarethe",
    "billing-db-primary",
    "203.0.113.77",
    "node-1.corp.example",
    "registry.corp.example",
    "topsecretlabel99",
];

/// A storm in which some processes have secrets.
fn events() -> Vec<Event> {
    let mut events: Vec<Event> = Storm::new(3, 1_000).take(EVENTS).collect();
    let mut turn = 0;
    for event in &mut events {
        match event {
            Event::Boot(boot) => boot.host = "node-1.corp.example".into(),
            Event::Process(event) => match &mut event.kind {
                Kind::Exec(exec) => {
                    turn += 1;
                    let args: &[&str] = match turn % 7 {
                        0 => &["mysql", "-u", "margarethe", "--password=hunter2hunter2", "-h", "billing-db-primary"],
                        1 => &["curl", "-H", "Authorization: Bearer s3cr3t-t0ken-0815", "https://203.0.113.77/x"],
                        2 => &["env", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "aws", "s3", "ls"],
                        3 => &["scp", "dump.sql", "margarethe@billing-db-primary:/srv"],
                        _ => continue,
                    };
                    let args: Vec<String> = args.iter().map(|&arg| arg.to_owned()).collect();
                    exec.image.argv.args = args.iter().collect();
                    exec.image.cwd = Text::from("/home/margarethe/work");
                }
                Kind::Net(net) => {
                    turn += 1;
                    if turn % 5 == 0 {
                        let remote: SocketAddr = "203.0.113.77:443".parse().unwrap();
                        net.remote = Some(remote);
                    }
                }
                _ => {}
            },
            _ => {}
        }
    }
    let news = ContainerNews {
        time: Time(storm::START),
        id: "c0ffee".repeat(11)[..64].into(),
        image: Some("registry.corp.example:5000/shop/web:1".into()),
        labels: [("password".to_owned(), "password=topsecretlabel99".to_owned())].into(),
        ..ContainerNews::default()
    };
    let status = Status {
        time: Time(storm::START + 1),
        topic: "docker".into(),
        health: Health::Degraded,
        text: "cannot ask tcp://margarethe:hunter2hunter2@203.0.113.77:2375".into(),
    };
    events.splice(40..40, [Event::Container(news), Event::Status(status)]);
    events
}

/// Writes `events` as a recording; it begins after `skip` of them, as one that was saved from memory does.
fn write(events: &[Event], skip: usize, path: &Path) {
    let facts = [("host", "node-1.corp.example"), ("options", "--config /home/margarethe/k.toml"), ("version", "0")];
    let facts = facts.map(|(key, value)| (key.to_owned(), value.to_owned())).to_vec();
    let (mut model, mut detector) = (Model::default(), Detector::default());
    let mut writer = Writer::create(path, &facts, None, Limits::default()).unwrap();
    let mut batch = Batch::default();
    for (number, event) in (1..).zip(events) {
        if number as usize > skip && batch.events.is_empty() {
            let memory = number as usize == skip + 1 || number % 2_000 == 1;
            batch = Batch { first: number, memory: memory.then(|| model.remember()), ..Batch::default() };
        }
        model.apply(event);
        let news = detector.observe(event, &model);
        if number as usize > skip {
            let found = detector.entries(&news, &model).into_iter().map(|entry| Found { at: number, entry });
            batch.found.extend(found);
            batch.events.push(event.clone());
        }
        if batch.events.len() == 500 || number as usize == events.len() {
            writer.write(&Arc::new(Packed::pack(&batch)), &batch).unwrap();
            batch = Batch::default();
        }
    }
    let about = |text: &str| Note { author: "margarethe".into(), text: text.into(), at: 3_000, ..Note::default() };
    writer.notes(&[about("margarethe says: --password=hunter2hunter2 was ours")]).unwrap();
    writer.close(Time(storm::START)).unwrap();
}

fn redact(from: &Path, to: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ktrace-tui"));
    command.arg("redact").arg(from).arg("-o").arg(to).output().unwrap()
}

/// All text that is in a file, with what is packed in it.
fn everything(path: &Path) -> String {
    let mut text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let mut recording = Recording::open(path).unwrap();
    text.push_str(&format!("{:?}{:?}", recording.facts().unwrap(), recording.notes()));
    let count = recording.outline().unwrap().spans.len();
    for at in 0..count {
        let packed = recording.batch(at).unwrap();
        // Bytes are shown as text where they are some.
        text.push_str(&format!("{:?}{:?}", packed.unpack().unwrap(), packed.memory().unwrap()));
    }
    text
}

#[test]
fn a_copy_holds_no_secret_and_the_same_story() {
    let (folder, events) = (tempfile::tempdir().unwrap(), events());
    for skip in [0, 2_750] {
        let (from, to) =
            (folder.path().join(format!("{skip}.ktrace")), folder.path().join(format!("{skip}-out.ktrace")));
        write(&events, skip, &from);
        let before = everything(&from);
        for secret in SECRETS {
            // Which one is in which file decides the storm; that it can be seen at all is what is looked at.
            assert!(before.contains(secret), "{secret} is not even in what was recorded");
        }
        let out = redact(&from, &to);
        assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
        let after = everything(&to);
        for secret in SECRETS {
            let at = after.find(secret);
            assert_eq!(
                at,
                None,
                "{secret}: {:?}",
                at.map(|at| after[at.saturating_sub(90)..].chars().take(160).collect::<String>())
            );
        }
        let copy = Recording::open(&to).unwrap();
        assert_eq!(copy.verify(None, &mut |_, _| true).unwrap().verdict, Verdict::Whole);
        let facts = copy.facts().unwrap();
        assert!(facts.iter().any(|(key, value)| key == "redacted_from" && value.len() == 64), "{facts:?}");
        same_story(&from, &to, skip);
    }
}

/// Processes, their parents, places and ends, and what was found, are the same at every moment.
fn same_story(from: &Path, to: &Path, skip: usize) {
    let player = |path| Player::new(Box::new(Recording::open(path).unwrap()), 10);
    let (mut old, mut new) = (player(from), player(to));
    assert_eq!(old.outline().unwrap().numbers(), new.outline().unwrap().numbers());
    for step in 0..=20 {
        let moment = Moment::Number((skip + (EVENTS - skip) * step / 20) as u64);
        let (old, new) = (old.seek(moment).unwrap(), new.seek(moment).unwrap());
        let shape = |model: &Model| {
            let mut all: Vec<_> = model
                .processes()
                .map(|it| (it.id, it.parent, it.group.clone(), it.exit, it.connections.len(), it.images.len()))
                .collect();
            all.sort_by_key(|it| it.0);
            all
        };
        assert_eq!(shape(&old.model), shape(&new.model), "{moment:?}");
        let found = |detector: &Detector| {
            detector
                .findings()
                .map(|it| (it.number, it.rule.id.clone(), it.severity, it.time, it.process, it.incident))
                .collect::<Vec<_>>()
        };
        assert_eq!(found(&old.detector), found(&new.detector));
    }
}

#[test]
fn the_same_file_gives_the_same_pseudonyms() {
    let (folder, events) = (tempfile::tempdir().unwrap(), events());
    let path = |name: &str| folder.path().join(name);
    write(&events, 0, &path("a"));
    for to in ["b", "c"] {
        assert!(redact(&path("a"), &path(to)).status.success());
    }
    let told = |name: &str| {
        let mut all = Vec::new();
        walk(&mut Recording::open(&path(name)).unwrap(), &mut |next| {
            if let Next::Event(_, event) = next {
                all.push(format!("{event:?}"));
            }
            true
        })
        .unwrap();
        all
    };
    assert_eq!(told("b"), told("c"));
}

#[test]
fn nothing_is_written_over_and_nothing_half_is_left() {
    let (folder, events) = (tempfile::tempdir().unwrap(), events());
    let path = |name: &str| folder.path().join(name);
    write(&events[..600], 0, &path("a"));
    std::fs::write(path("there"), "mine").unwrap();
    let out = redact(&path("a"), &path("there"));
    let says = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.code() == Some(1) && says.contains("there already"), "{says}");
    assert_eq!(std::fs::read_to_string(path("there")).unwrap(), "mine");
    std::fs::write(path("lines"), "{}\n").unwrap();
    let out = redact(&path("lines"), &path("x"));
    let says = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(out.status.code() == Some(1) && says.contains("report --redact"), "{says}");
    let out = redact(&path("a"), &folder.path().join("no/such/folder/out"));
    assert_eq!(out.status.code(), Some(1));
    let mut names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a", "lines", "there"]);
}
