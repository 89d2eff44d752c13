//! Workloads that are known, hardly known, of another version, and not at all.

use std::sync::Arc;

use crate::baseline::{Baseline, Learner, Scope};
use crate::detect::Class;
use crate::detect::Severity::{self, High, Info, Low, Medium};
use crate::detect::testkit::*;
use crate::model::{
    ContainerNews, ContainerState, Content, Deed, Direction, Event, ImageFile, Model, Net, NetOp, Opened, Protocol,
    Sha256, Text, Time,
};

const IMAGE: &str = "image web:1";

/// What a runtime tells of web-1.
fn named(node: &mut Node, image: &str) {
    node.give(&Event::Container(ContainerNews {
        id: WEB.into(),
        name: Some("web-1".into()),
        image: Some(image.into()),
        state: ContainerState::Running,
        time: Time(1),
        ..ContainerNews::default()
    }));
}

/// web-1 on an ordinary day: the app listens, runs a shell that runs `id`, and asks a database.
fn day(image: &str) -> Node {
    let mut node = Node::new();
    node.caps = DOCKER;
    node.start(WEB, 100, own(100), "/usr/sbin/app");
    named(&mut node, image);
    node.run(110, 101, "/bin/sh");
    node.run(111, 110, "/usr/bin/id");
    listens(&mut node, 101, 8080);
    node.connects(101, "10.0.0.5:5432");
    node.did(101, secret("/etc/app/credentials", false));
    node
}

fn secret(path: &str, write: bool) -> Deed {
    let path = Text::from(path);
    Deed::Open(Box::new(Opened { inside: path.clone(), path, read: !write, write, ..Opened::default() }))
}

fn listens(node: &mut Node, pid: u32, port: u16) {
    let net = Net {
        op: NetOp::Listen,
        protocol: Protocol::Tcp,
        direction: Direction::Listening,
        local: Some(([0, 0, 0, 0], port).into()),
        remote: None,
        socket: u64::from(port),
        sent: None,
        received: None,
        error: None,
    };
    node.tell(pid, None, crate::model::Kind::Net(Box::new(net)));
}

/// What is learnt of such a day, as if it had been 14 hours.
fn learnt() -> Baseline {
    let (mut model, mut learner) = (Model::default(), Learner::new(Scope::default()));
    for event in &day("web:1").told {
        model.apply(event);
        learner.observe(event, &model);
    }
    let (mut baseline, _) = learner.finish("r", "test", &model);
    let workload = baseline.workloads.get_mut(IMAGE).expect("it was learnt");
    assert!(workload.immutable && workload.programs.len() == 3, "{workload:#?}");
    (workload.watched, workload.containers) = (14 * 3_600, 3);
    baseline
}

/// Another day, compared with what was learnt.
fn another(baseline: Baseline, image: &str) -> Node {
    let before = day(image).told;
    let mut node = Node::new();
    node.detector.compare_with(Arc::new(baseline));
    node.caps = DOCKER;
    before.iter().for_each(|event| node.give(event));
    // What happens from now on, happens later.
    (0..before.len()).for_each(|_| node.exit(9_999));
    node
}

fn new(node: &mut Node) -> Vec<(String, Severity)> {
    let found = node.found.drain(..).filter(|it| it.rule.id.starts_with("baseline_"));
    found.map(|it| (it.rule.id.clone(), it.severity)).collect()
}

fn one(rule: &str, severity: Severity) -> Vec<(String, Severity)> {
    vec![(format!("baseline_{rule}"), severity)]
}

#[test]
fn the_same_day_again_has_nothing_new() {
    assert_eq!(new(&mut another(learnt(), "docker.io/library/web:1")), []);
}

#[test]
fn a_program_that_never_ran_is_told_once_with_what_was_normal() {
    let mut node = another(learnt(), "web:1");
    node.run(120, 110, "/usr/bin/curl");
    node.run(121, 110, "/usr/bin/curl");
    let found: Vec<_> = node.found.iter().filter(|it| it.rule.id == "baseline_program").collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].title, "/usr/bin/curl runs in web-1, where it never ran");
    assert_eq!(found[0].why[0].predicate, "image web:1 did not show this: never in 14 h and 3 containers");
    assert_eq!(new(&mut node), one("program", Medium));
}

#[test]
fn a_program_with_another_content_than_ever_is_told() {
    let content = |byte| {
        let exe = Text::from("/usr/bin/id");
        crate::model::Kind::Content(Box::new(Content { exe, sha256: Sha256([byte; 32]), size: 9 }))
    };
    let mut baseline = learnt();
    let program = baseline.workloads.get_mut(IMAGE).and_then(|it| it.programs.get_mut(&Text::from("/usr/bin/id")));
    program.expect("it was learnt").hashes.insert(Sha256([1; 32]).to_string());
    let mut node = another(baseline, "web:1");
    node.run(120, 110, "/usr/bin/id");
    node.tell(120, Some(inside(WEB)), content(1));
    assert_eq!(new(&mut node), []);
    node.tell(120, Some(inside(WEB)), content(2));
    let title = node.found.last().map(|it| it.title.clone());
    let expected = format!("/usr/bin/id with sha256:{} runs in web-1, where it had another content", "02".repeat(32));
    assert_eq!(title, Some(expected));
    assert_eq!(new(&mut node), one("program", Medium));
}

#[test]
fn another_parent_is_less_and_more_where_it_serves_somebody() {
    let mut node = another(learnt(), "web:1");
    node.run(120, 110, "/usr/sbin/app");
    assert_eq!(new(&mut node), one("program", Low));
    node.net(101, NetOp::Accept, Direction::Inbound, "192.0.2.7:4444");
    node.run(121, 101, "/usr/bin/id");
    assert_eq!(new(&mut node), one("program", Medium));
    node.run(122, 101, "/usr/bin/curl");
    assert_eq!(new(&mut node), one("program", High), "a program that never ran, for somebody who is connected");
}

#[test]
fn what_is_not_of_an_immutable_image_is_worse() {
    let mut node = another(learnt(), "web:1");
    node.fork(120, 110);
    node.exec_as(120, "/srv/x", ImageFile { upper: true, ..overlay_file() });
    assert_eq!(new(&mut node), one("program", High));
    let mut changing = learnt();
    changing.workloads.values_mut().for_each(|it| it.immutable = false);
    let mut node = another(changing, "web:1");
    node.run(120, 110, "/usr/bin/curl");
    assert_eq!(new(&mut node), one("program", Low), "programs come and go in it");
}

#[test]
fn ports_destinations_files_and_capabilities_are_compared_too() {
    let mut node = another(learnt(), "web:1");
    listens(&mut node, 101, 8080);
    node.connects(101, "10.0.0.5:5432");
    node.did(101, secret("/etc/app/credentials", false));
    assert_eq!(new(&mut node), []);
    listens(&mut node, 101, 4444);
    assert_eq!(new(&mut node), one("port", Medium));
    node.connects(101, "10.0.0.5:22");
    assert_eq!(new(&mut node), one("connection", Medium));
    node.connects(101, "127.0.0.1:9");
    assert_eq!(new(&mut node), one("connection", Low));
    node.did(101, secret("/etc/app/credentials", true));
    assert_eq!(new(&mut node), one("written", Medium));
    node.did(110, secret("/root/.aws/credentials", false));
    assert_eq!(new(&mut node), one("file", Medium));
    node.caps = FULL;
    node.run(120, 110, "/usr/bin/id");
    assert_eq!(new(&mut node), one("capability", Medium));
}

#[test]
fn a_workload_seen_for_seconds_says_so_and_is_rated_low() {
    let mut short = learnt();
    short.workloads.values_mut().for_each(|it| (it.watched, it.containers) = (4, 1));
    let mut node = another(short, "web:1");
    node.run(120, 110, "/usr/bin/curl");
    let why: Vec<_> = node.found.last().expect("found").why.iter().map(|it| it.predicate.clone()).collect();
    assert!(why.iter().any(|it| it.contains("hardly known, seen for 4 s in 1 container only")), "{why:?}");
    assert_eq!(new(&mut node), one("program", Low));
}

#[test]
fn another_version_is_said_once_and_rates_low() {
    let mut node = another(learnt(), "web:2");
    node.run(120, 110, "/usr/bin/curl");
    let told: Vec<_> = node.found.iter().filter(|it| it.rule.id.starts_with("baseline_")).collect();
    assert_eq!(told[0].title, "image web:2 is compared with another version: learnt from web:1, this is web:2");
    assert!(told[1].why.iter().any(|it| it.predicate == "rated low: learnt from web:1, this is web:2"), "{told:#?}");
    let all = new(&mut node);
    assert_eq!(all, [one("other_version", Info), one("program", Low)].concat());
}

#[test]
fn a_workload_that_nobody_knows_is_told_once_and_compared_with_nothing() {
    let mut node = another(learnt(), "mail:1");
    node.run(120, 110, "/usr/bin/curl");
    assert_eq!(new(&mut node), one("unknown_workload", Info));
}

#[test]
fn who_is_brought_in_is_only_told() {
    let mut node = another(learnt(), "web:1");
    node.fork(300, 31);
    node.exec(300, "/usr/bin/runc init");
    node.tell(300, Some(inside(WEB)), crate::model::Kind::Move);
    node.fork(301, 300);
    node.namespaces(301, crate::model::NamespaceCall::Enter, own(100));
    node.exec(301, "/usr/bin/curl");
    assert_eq!(new(&mut node), one("program", Info));
}

#[test]
fn what_was_found_while_the_container_had_no_name_is_told_when_it_has_one() {
    let mut node = Node::new();
    node.detector.compare_with(Arc::new(learnt()));
    node.caps = DOCKER;
    node.start(WEB, 100, own(100), "/usr/sbin/app");
    node.run(110, 101, "/usr/bin/curl");
    assert_eq!(new(&mut node), []);
    named(&mut node, "web:1");
    node.exit(9_999);
    let found: Vec<_> = node.found.iter().map(|it| (it.rule.id.as_str(), it.process.pid)).collect();
    assert_eq!(found, [("baseline_program", 110)]);
}

#[test]
fn a_recording_keeps_its_findings_and_what_is_new_joins_them() {
    use crate::detect::{Detector, Entry};
    let mut node = day("web:1");
    let mut log = Vec::new();
    node.run(120, 110, "/usr/bin/curl");
    node.fork(121, 110);
    node.exec_as(121, "/srv/x", ImageFile { upper: true, inode: 60, ..overlay_file() });
    let mut live = Detector::new(Vec::new());
    let mut model = Model::default();
    for event in &node.told {
        model.apply(event);
        let news = live.observe(event, &model);
        log.extend(live.entries(&news, &model).into_iter().map(|entry| (event.time(), entry)));
    }
    let before = live.findings().count();
    assert!(before > 0, "drift is found");
    let (mut again, mut model) = (Detector::new(Vec::new()), Model::default());
    again.compare_with(Arc::new(learnt()));
    again.leave_numbers(log.iter().map(|(_, entry)| entry));
    let mut rest = log.iter().peekable();
    for event in &node.told {
        model.apply(event);
        again.compare(event, &model);
        while let Some((_, entry)) = rest.next_if(|(time, _)| *time <= event.time()) {
            again.read_at(Entry::clone(entry), &model);
        }
    }
    let rules: Vec<&str> = again.findings().map(|it| it.rule.id.as_str()).collect();
    assert_eq!(again.findings().count(), before + 2, "{rules:?}");
    let incidents = again.incidents(&model);
    assert_eq!(incidents.len(), 1, "{incidents:#?}");
    let all: usize = incidents[0].stages.iter().map(|stage| stage.findings.len()).sum();
    assert!(all >= 3, "the old and the new are one incident: {incidents:#?}");
}

#[test]
fn what_is_written_is_about_what_may_stay_and_what_is_read_about_what_is_taken() {
    let rule = |write| {
        let mut node = another(learnt(), "web:1");
        node.did(101, secret("/etc/shadow", write));
        let found = node.found.iter().find(|it| ["baseline_file", "baseline_written"].contains(&it.rule.id.as_str()));
        found.map(|it| (it.rule.id.clone(), it.class()))
    };
    assert_eq!(rule(false), Some(("baseline_file".to_owned(), Class::SensitiveRead)));
    assert_eq!(rule(true), Some(("baseline_written".to_owned(), Class::Persistence)));
}
