//! Accepting from the screen: what is shown first, what is written, and that it is not told again.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::sync::Arc;

use super::super::scene::Scene;
use super::super::travel::desk::{Desk, SECOND};
use super::super::{App, KEPT, Message, NodeKey, Settings, scene};
use super::Effect;
use crate::baseline::{Acceptance, Baseline, Workload};
use crate::detect::Detector;
use crate::model::{Event, Model, Time};
use crate::store::{Player, Winder};

/// As the scene has it.
const WORKLOAD: &str = "shop/web-7d9f:web-1";

/// A node on which a container runs what it never ran; the process is selected.
fn with_news(baseline: Option<Baseline>) -> App {
    let mut scene = Scene::node();
    let mut app = App::new(Settings { baseline: baseline.map(Arc::new), ..Settings::default() }, 120, 40);
    scene.fork(9_001, 2_101, 0);
    scene.exec(9_001, "/opt/miner", &["miner"]);
    scene.fork(9_002, 2_101, 0);
    scene.exec(9_002, "/opt/miner", &["miner"]);
    let id = scene.id(9_001);
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    app.update(Message::Tick(Time(scene.now)));
    app.prepare();
    app.selected = Some(NodeKey::Process(id));
    app
}

fn known() -> Baseline {
    let workload = Workload { immutable: true, watched: 36_000, containers: 3, ..Workload::default() };
    Baseline { workloads: [(WORKLOAD.to_owned(), workload)].into(), ..Baseline::default() }
}

#[test]
fn what_is_new_is_shown_accepted_written_and_not_told_again() {
    let mut app = with_news(Some(known()));
    let found = |app: &App| {
        app.detector().findings().filter(|it| it.title.starts_with("/opt/miner runs") && it.muted.is_none()).count()
    };
    assert_eq!(found(&app), 1);
    app.start_accepting();
    let accepting = app.accepting.clone().unwrap();
    let (workload, title) = accepting.says();
    assert_eq!(workload, WORKLOAD);
    assert!(title.starts_with("/opt/miner runs in "), "{title}");
    assert_eq!(found(&app), 1, "nothing is accepted before it is confirmed");
    let Some(Effect::Learn(acceptance)) = app.accept() else { panic!("it is written") };
    assert_eq!(found(&app), 0);
    let mut file = known();
    assert!(file.accept(&acceptance));
    assert!(file.workloads[WORKLOAD].known_program(&"/opt/miner".into()).is_some());
    assert!(app.baseline().unwrap().workloads[WORKLOAD].known_program(&"/opt/miner".into()).is_some());
}

#[test]
fn nothing_is_muted_but_what_was_accepted() {
    let mut app = with_news(Some(known()));
    let others = |app: &App| {
        app.detector().findings().filter(|it| it.rule.id != "baseline_program" && it.muted.is_none()).count()
    };
    let before = others(&app);
    app.start_accepting();
    app.accept();
    assert_eq!(others(&app), before);
    let mut scene = Scene::node();
    scene.now = app.now().0 + 1_000;
    scene.fork(9_003, 2_101, 0);
    scene.exec(9_003, "/opt/another", &["another"]);
    let events = scene.events.split_off(scene.events.len() - 2);
    app.update(Message::Batch(events));
    let new = app.detector().findings().filter(|it| it.title.starts_with("/opt/another") && it.muted.is_none());
    assert_eq!(new.count(), 1, "what comes later is found");
}

#[test]
fn without_a_baseline_or_news_it_says_so_and_going_back_changes_nothing() {
    let mut app = with_news(None);
    app.start_accepting();
    assert!(app.accepting.is_none() && app.notice.as_ref().unwrap().0.contains("--baseline"));
    let mut app = with_news(Some(known()));
    app.start_accepting();
    app.cancel_accepting();
    assert!(app.accepting.is_none());
    assert!(app.detector().findings().any(|it| it.rule.id == "baseline_program" && it.muted.is_none()));
}

/// What `replay --baseline` makes of events: the tape, and what of it can be accepted.
fn compared(events: &[Event]) -> (Player, BTreeMap<u64, Acceptance>) {
    let (mut model, mut detector) = (Model::default(), Detector::new(Vec::new()));
    detector.compare_with(Arc::new(known()));
    let mut winder = Winder::new(&model);
    for event in events {
        model.apply(event);
        let news = detector.observe(event, &model);
        winder.note(event, detector.entries(&news, &model), &model);
    }
    (Player::new(Box::new(winder.finish()), KEPT), detector.acceptable().clone())
}

#[test]
fn of_a_recording_it_holds_wherever_the_cursor_goes() {
    let mut desk = Desk::live((120, 40));
    for pid in [9_101, 9_102] {
        desk.scene.fork(pid, 2_101, 0);
        desk.scene.exec(pid, "/opt/miner", &["miner"]);
    }
    desk.scene.after(20_000);
    desk.feed();
    let (player, acceptable) = compared(&desk.events);
    let baseline = Some(Arc::new(known()));
    desk.app = App::new(Settings { replay: true, baseline, acceptable, ..scene::settings() }, 120, 40);
    desk.player = Some(player);
    desk.app.update(Message::Tick(Time(desk.scene.now + 3_600 * SECOND)));
    desk.serve();
    let found = |app: &App| {
        let is = |title: &str| title.starts_with("/opt/miner runs");
        let shown = app.detector().findings().filter(|it| is(&it.title) && it.muted.is_none()).count();
        (shown, app.deck.finds.iter().filter(|find| is(&find.title) && !find.muted).count())
    };
    assert_eq!(found(&desk.app), (1, 1));
    desk.app.selected = Some(NodeKey::Process(desk.scene.id(9_101)));
    desk.app.start_accepting();
    assert!(matches!(desk.app.accept(), Some(Effect::Learn(_))));
    assert!(desk.app.notice.as_ref().unwrap().0.contains("1 finding"), "{:?}", desk.app.notice);
    assert_eq!(found(&desk.app), (0, 0));
    let end = format!("#{}", desk.events.len());
    for at in ["#10", end.as_str()] {
        desk.jump(at);
        assert_eq!(found(&desk.app), (0, 0), "at {at}");
    }
    assert!(desk.app.baseline().unwrap().workloads[WORKLOAD].known_program(&"/opt/miner".into()).is_some());
}
