//! A judge says what its filter says, whatever happened since it was asked last.
#![allow(clippy::unwrap_used, reason = "tests")]

use proptest::prelude::*;

use super::super::{Anchor, unfinished};
use super::*;
use crate::app::scene::{DB, Scene, WEB, container, service};
use crate::model::{Direction, Event, GroupKey};

const FILTERS: [&str; 16] = [
    "uid = 0",
    "login = 0",
    "login = 1 and not under (login = 1)",
    "curl",
    "not under 2101",
    "under (name = bash or container = web-2)",
    "within container web-1",
    "not within (name = curl or image = *new*)",
    "within (under pid 2300) and not exe ~ post",
    "under (within (remote = 192.0.2.0/24))",
    "alive = no under 2101",
    "container = web-2 or image = new:*",
    "kind = exec or under (exe = /bin/nc)",
    "port = 80 or (under 3001 and failed = no)",
    "within (alive = no)",
    "not (not under 412 and not within container db-1)",
];

fn filter(text: &str) -> Filter {
    Filter::parse(text, Anchor::default()).unwrap().unwrap()
}

/// Lets something happen: a birth, an exec, an end, a connection, a name, a move, or the eviction of the dead.
fn happen(scene: &mut Scene, what: u8, who: u32, other: u32) {
    let pids = [1, 412, 530, 2101, 2140, 2300, 2311, 3001, 3002, 4001, 4002, 4003, 4004];
    let pid = |at: u32| pids[at as usize % pids.len()];
    match what {
        0 => scene.fork(4001 + who % 4, pid(other), who % 2),
        1 => scene.exec(pid(who), ["/bin/nc", "/usr/bin/curl", "/bin/bash"][other as usize % 3], &["x"]),
        2 => scene.exit(pid(who), Some(0), None),
        3 => scene.connect(pid(who), "10.0.0.1:80", "192.0.2.1:443", Direction::Outbound),
        4 => {
            let (id, image) = ([WEB, DB][who as usize % 2], ["new:1", "old:1"][other as usize % 2]);
            scene.container(id, ["web-1", "web-2", "db-1"][other as usize % 3], image, None);
        }
        _ => {
            let group =
                [GroupKey::Host, container(WEB), container(DB), service("ssh.service")][other as usize % 4].clone();
            scene.seen(pid(who), 1, group, &["/bin/moved"], 0);
        }
    }
    scene.after(u64::from(other));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_judge_says_what_its_filter_says(
        steps in prop::collection::vec((0u8..6, 0u32..40, 0u32..40), 1..30), every in 1usize..4,
    ) {
        let mut scene = Scene::node();
        steps.into_iter().for_each(|(what, who, other)| happen(&mut scene, what, who, other));
        let limits = crate::model::Limits { dead: 3, ..Default::default() };
        let mut judges: Vec<Judge> = FILTERS.iter().map(|text| Judge::new(filter(text))).collect();
        let mut model = Model::new(limits);
        for (at, event) in scene.events.iter().enumerate() {
            model.apply(event);
            if at % every != 0 {
                continue;
            }
            for judge in &mut judges {
                let filter = judge.filter().clone();
                for process in model.processes() {
                    prop_assert_eq!(judge.process(process, &model), filter.process(process, &model), "{}", filter.text());
                }
                if let Event::Process(event) = event {
                    prop_assert_eq!(judge.event(event, &model), filter.event(event, &model), "{}", filter.text());
                }
            }
        }
    }
}

#[test]
fn a_ring_of_ancestors_has_an_end() {
    let mut scene = Scene::boot();
    scene.fork(10, 11, 0);
    scene.fork(11, 12, 5);
    scene.fork(12, 10, 0);
    scene.fork(9, 10, 0);
    let mut model = Model::default();
    scene.events.iter().for_each(|event| model.apply(event));
    for text in ["under (uid = 7)", "under (uid = 5)", "not under (under 10)"] {
        let mut judge = Judge::new(filter(text));
        for process in model.processes() {
            assert_eq!(judge.process(process, &model), filter(text).process(process, &model), "{text}");
        }
    }
}

#[test]
fn what_is_typed_is_unfinished_while_it_may_become_a_name() {
    for text in ["u", "uid = 0 and pi", "uid = 0 an", "not (ex", "exe ", "n", "uid = 0 un"] {
        assert!(unfinished(text), "{text}");
    }
    for text in ["", "curl", "uid = 0", "uid = p", "exe = na", "\"na\"", "pi ", "uid = 0 and curl", "(", "\"a"] {
        assert!(!unfinished(text), "{text}");
    }
}

#[test]
fn of_an_event_it_is_asked_what_ran_then() {
    let mut scene = Scene::node();
    scene.after(10);
    scene.exec(3001, "/bin/nc", &["nc"]);
    scene.after(10);
    scene.exec(3001, "/bin/ls", &["ls"]);
    let mut model = Model::default();
    scene.events.iter().for_each(|event| model.apply(event));
    let mut judge = Judge::new(filter("kind = exec and exe = /bin/nc"));
    let found = scene.events.iter().filter(|event| matches!(event, Event::Process(it) if judge.event(it, &model)));
    assert_eq!(found.count(), 1, "though it runs something else by now");
}

#[test]
fn verdicts_of_the_forgotten_are_given_up() {
    let mut scene = Scene::boot();
    let mut judge = Judge::new(filter("uid = 0"));
    let mut model = Model::new(crate::model::Limits { dead: 10, ..Default::default() });
    for pid in 100..5_100 {
        scene.fork(pid, 1, 0);
        scene.exit(pid, Some(0), None);
        scene.events.drain(..).for_each(|event| model.apply(&event));
        model.processes().for_each(|process| assert!(judge.process(process, &model) || process.id.pid == 1));
    }
    assert!(judge.memory.own.len() < 2 * SPARE, "{}", judge.memory.own.len());
}
