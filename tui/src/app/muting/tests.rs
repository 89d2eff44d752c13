//! Muting from the screen: what it reaches, that it wants a reason, and that it is counted.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::super::scene::{Scene, WEB};
use super::super::{App, Message, NodeKey, Settings};
use super::Effect;
use crate::model::Time;

/// A node on which a process of a container calls itself as kernel threads do; it is selected.
fn with_finding() -> App {
    let mut scene = Scene::node();
    scene.fork(9_001, 2_101, 0);
    scene.exec(9_001, "/opt/x", &["[kworker/0:1]"]);
    let id = scene.id(9_001);
    let mut app = App::new(Settings::default(), 120, 40);
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    app.update(Message::Tick(Time(scene.now)));
    app.prepare();
    app.selected = Some(NodeKey::Process(id));
    app
}

#[test]
fn what_is_muted_goes_from_the_incidents_and_is_counted() {
    let mut app = with_finding();
    assert_eq!(app.alarm_lines().len(), 2, "the incident, and its stage");
    app.start_muting();
    let says = app.muting.as_ref().unwrap().says();
    assert!(
        says.starts_with("kernel_thread_name of program /opt/x in container") && says.contains(&WEB[..12]),
        "{says}"
    );
    app.type_reason(Some("the vendor's agent, ticket 7"));
    let Some(Effect::Keep(kept)) = app.accept_muting() else { panic!("it is kept") };
    assert!(
        kept.contains("rule = \"kernel_thread_name\"") && kept.contains("because = \"the vendor's agent, ticket 7\"")
    );
    assert!(app.alarm_lines().is_empty());
    assert_eq!(app.detector.muted(), 1);
}

#[test]
fn nothing_is_muted_without_a_reason() {
    let mut app = with_finding();
    app.start_muting();
    app.type_reason(Some("x"));
    app.type_reason(None);
    assert_eq!(app.accept_muting(), None);
    assert!(app.muting.is_some(), "the line stays open");
    assert_eq!((app.detector.muted(), app.alarm_lines().len()), (0, 2));
    app.cancel_muting();
    assert!(app.muting.is_none());
}

#[test]
fn the_reach_goes_round_from_the_nearest_to_the_widest() {
    let mut app = with_finding();
    app.start_muting();
    let first = app.muting.as_ref().unwrap().says();
    let mut all = vec![first.clone()];
    loop {
        app.next_reach();
        let says = app.muting.as_ref().unwrap().says();
        if says == first {
            break;
        }
        all.push(says);
    }
    assert_eq!(all.last().unwrap(), "kernel_thread_name of program /opt/x");
    assert!(all.len() >= 2);
}

#[test]
fn of_whom_nothing_was_found_nothing_can_be_muted() {
    let mut app = with_finding();
    app.selected = Some(NodeKey::Process(crate::model::ProcessId { pid: 1, start: crate::model::Ticks(1) }));
    app.start_muting();
    assert!(app.muting.is_none());
}
