//! Containing from the screen: off unless allowed, asked twice, and never done to those who keep the node going.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use super::super::scene::{DB, Scene, WEB, container};
use super::super::{App, Effect, Message, NodeKey, Settings};
use super::{Allowed, Order, Verb, Whom};
use crate::model::{GroupKey, Time};

/// A node on which ktrace-tui (1950) was started by a shell (1811); in a container a program's branch has three living
/// processes, of which the maker of one has ended.
fn node(allowed: bool) -> (App, Scene) {
    let mut scene = Scene::node();
    scene.fork(3_003, 3_001, 101);
    scene.fork(3_004, 3_003, 101);
    scene.exit(3_003, Some(0), None);
    let own = vec![1_950, 1_811, 1_804, 412, 1];
    let allowed = allowed.then(|| Allowed { own, who: "ada (login uid 1000)".into() });
    let mut app = App::new(Settings { allowed, ..Settings::default() }, 120, 40);
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    app.update(Message::Tick(Time(scene.now)));
    app.prepare();
    (app, scene)
}

fn ask(app: &mut App, scene: &Scene, pid: u32, verb: Verb) -> Result<(), String> {
    app.selected = Some(NodeKey::Process(scene.id(pid)));
    app.containing = None;
    app.notice = None;
    app.start_containing(verb);
    match app.notice.take() {
        Some((why, _)) => Err(why),
        None => Ok(()),
    }
}

/// Answers both questions.
fn twice(app: &mut App, word: &str) -> Option<Order> {
    assert_eq!(app.accept_containing(), None, "the first yes does nothing yet");
    app.type_containing(Some(word));
    match app.accept_containing()? {
        Effect::Contain(order) => Some(*order),
        other => panic!("{other:?}"),
    }
}

fn pids(order: &Order) -> Vec<u32> {
    let mut pids: Vec<u32> = order.targets.iter().map(|target| target.id.pid).collect();
    pids.sort_unstable();
    pids
}

#[test]
fn without_the_option_it_says_how_to_turn_it_on_and_asks_nothing() {
    let (mut app, scene) = node(false);
    let told = ask(&mut app, &scene, 3_001, Verb::Kill).unwrap_err();
    assert!(told.contains("--allow-actions"), "{told}");
    assert_eq!((app.containing.is_some(), app.off("contain-kill").is_some(), app.off("save")), (false, true, None));
}

#[test]
fn a_recording_has_nobody_to_be_killed() {
    let allowed = Some(Allowed::default());
    let mut app = App::new(Settings { allowed, replay: true, ..Settings::default() }, 80, 24);
    app.start_containing(Verb::Kill);
    assert!(app.containing.is_none() && app.notice.take().unwrap().0.contains("recording"));
}

#[test]
fn nothing_is_done_before_the_word_is_typed() {
    let (mut app, scene) = node(true);
    ask(&mut app, &scene, 3_001, Verb::Kill).unwrap();
    let says = app.containing.as_ref().unwrap().order().unwrap().says.clone();
    assert_eq!(says, "3001 /usr/bin/bash in container web-1");
    assert_eq!(twice(&mut app, "yes"), None);
    assert!(app.containing.as_ref().unwrap().error.as_ref().unwrap().contains("type kill"));
    for _ in 0..3 {
        app.type_containing(None);
    }
    app.type_containing(Some("kill"));
    let Some(Effect::Contain(order)) = app.accept_containing() else { panic!("it was asked twice") };
    assert_eq!((pids(&order), order.verb), (vec![3_001], Verb::Kill));
    assert!(app.containing.is_none());
    ask(&mut app, &scene, 3_001, Verb::Kill).unwrap();
    app.cancel_containing();
    assert_eq!(app.accept_containing(), None);
}

#[test]
fn a_branch_is_all_that_descends_and_lives_whoever_made_it() {
    let (mut app, mut scene) = node(true);
    ask(&mut app, &scene, 3_001, Verb::Stop).unwrap();
    app.next_contained();
    let order = app.containing.as_ref().unwrap().order().unwrap().clone();
    assert_eq!((&order.whom, pids(&order)), (&Whom::Branch(scene.id(3_001)), vec![3_001, 3_002, 3_004]));
    // Who is there when it is done counts, not who was when it was asked.
    scene.fork(3_005, 3_004, 101);
    scene.exit(3_002, Some(0), None);
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    let order = twice(&mut app, "stop").unwrap();
    assert_eq!(pids(&order), [3_001, 3_004, 3_005]);
    // And who is made while it is done is reached after that.
    scene.fork(3_006, 3_005, 101);
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    let left = app.left_of(&order, &pids(&order)).unwrap();
    assert_eq!(pids(&left), [3_006]);
    assert_eq!(app.left_of(&left, &[3_001, 3_004, 3_005, 3_006]), None);
}

#[test]
fn whoever_keeps_the_node_going_is_left_alone_and_it_is_said_why() {
    let (mut app, scene) = node(true);
    let cases = [
        (1, "first process"),
        (14, "kernel thread"),
        (1_950, "ktrace-tui itself"),
        (412, "a maker of it"),
        (530, "container runtime"),
        (544, "container runtime"),
    ];
    for (pid, why) in cases {
        let told = ask(&mut app, &scene, pid, Verb::Kill).unwrap_err();
        assert!(told.contains(why) && app.containing.is_none(), "{pid}: {told}");
    }
}

#[test]
fn a_name_protects_nobody_in_a_container() {
    let (mut app, mut scene) = node(true);
    scene.fork(9_001, 3_001, 0);
    scene.exec(9_001, "/tmp/dockerd", &["dockerd"]);
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    ask(&mut app, &scene, 9_001, Verb::Kill).unwrap();
}

#[test]
fn a_container_is_frozen_as_a_whole_and_the_host_never() {
    let (mut app, scene) = node(true);
    ask(&mut app, &scene, 2_140, Verb::Freeze).unwrap();
    let order = twice(&mut app, "freeze").unwrap();
    assert_eq!((&order.whom, order.says.as_str()), (&Whom::Container(WEB.into()), "container web-1"));
    assert!(ask(&mut app, &scene, 601, Verb::Freeze).unwrap_err().contains("about a container"));
    app.selected = Some(NodeKey::Group(container(DB)));
    app.start_containing(Verb::Freeze);
    assert_eq!(app.containing.as_ref().unwrap().order().unwrap().says, "container db-1");
    app.containing = None;
    app.selected = Some(NodeKey::Group(GroupKey::Host));
    app.start_containing(Verb::Thaw);
    assert!(app.containing.is_none());
}

#[test]
fn an_incident_is_whoever_something_was_found_of_and_what_they_made() {
    let (mut app, mut scene) = node(true);
    scene.fork(9_001, 2_101, 0);
    scene.exec(9_001, "/opt/x", &["[kworker/0:1]"]);
    scene.fork(9_002, 9_001, 0);
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    app.update(Message::Tick(Time(scene.now)));
    app.prepare();
    ask(&mut app, &scene, 9_001, Verb::Kill).unwrap();
    app.selected = Some(NodeKey::Process(scene.id(9_001)));
    let reaches: Vec<Vec<u32>> = (0..3)
        .map(|_| {
            let pids = pids(app.containing.as_ref().unwrap().order().unwrap());
            app.next_contained();
            pids
        })
        .collect();
    // What an incident reaches no further than the branch does is asked once.
    assert_eq!(reaches, [vec![9_001], vec![9_001, 9_002], vec![9_001]]);
}

#[test]
fn what_was_done_is_a_note_at_its_moment() {
    let (mut app, scene) = node(true);
    ask(&mut app, &scene, 3_001, Verb::Stop).unwrap();
    let order = twice(&mut app, "stop").unwrap();
    app.contained(&order, "ada asked to stop 3001: SIGSTOP to 3001");
    let ask = std::iter::from_fn(|| app.take_ask()).map(|ask| format!("{ask:?}")).collect::<String>();
    assert!(ask.contains("SIGSTOP to 3001") && ask.contains("3001"), "{ask}");
}
