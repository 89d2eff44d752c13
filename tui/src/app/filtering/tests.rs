//! What a filter leaves on the screen, and what comes back without it.
#![allow(clippy::unwrap_used, reason = "tests")]

mod properties;

use super::*;
use crate::app::desk::Desk;
use crate::app::scene::{DB, Scene, WEB, container};
use crate::app::{KEPT, Message, Panel, Row, Step};
use crate::model::filter::Anchor;
use crate::model::{Direction, GroupKey, ProcessId, Time};

fn show(scene: &mut Scene) -> App {
    let mut app = App::new(crate::app::scene::settings(), 100, 40);
    feed(&mut app, scene);
    app
}

fn feed(app: &mut App, scene: &mut Scene) {
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    app.update(Message::Tick(Time(scene.now)));
    app.prepare();
}

fn filter(app: &mut App, text: &str) {
    app.start_filter();
    app.clear_line();
    app.type_line(text);
    app.prepare();
}

fn kept(app: &mut App, text: &str) {
    filter(app, text);
    app.accept_line();
    app.prepare();
}

/// Pids in the tree; those that are there only for others after a minus.
fn pids(app: &App) -> Vec<i64> {
    let pid = |row: &Row| match row.key {
        NodeKey::Process(id) if row.aside => Some(-i64::from(id.pid)),
        NodeKey::Process(id) => Some(i64::from(id.pid)),
        NodeKey::Group(_) => None,
    };
    app.tree.rows.iter().filter_map(pid).collect()
}

fn groups(app: &App) -> Vec<String> {
    let name = |row: &Row| match &row.key {
        NodeKey::Group(GroupKey::Host) => Some("host".to_owned()),
        NodeKey::Group(GroupKey::Service(name)) => Some(name.to_string()),
        NodeKey::Group(GroupKey::Container(id)) => Some(id[..2].to_owned()),
        NodeKey::Process(_) => None,
    };
    app.tree.rows.iter().filter_map(name).collect()
}

fn kinds(app: &App) -> Vec<(&'static str, u32)> {
    let told = |event: &crate::model::Event| match event {
        crate::model::Event::Process(event) => (event.kind.name(), event.process.pid),
        _ => ("other", 0),
    };
    app.events().iter().map(told).collect()
}

#[test]
fn who_fulfils_it_stays_with_those_above_and_their_groups() {
    let mut app = show(&mut Scene::node());
    kept(&mut app, "name = curl or name = containerd");
    assert_eq!(pids(&app), [-2101, -2140, -3001, 3002, -530, 544]);
    assert_eq!(groups(&app), ["3f", "host", "docker.service"], "what it finds is unfolded");
    assert_eq!(app.tree.fulfilling, 2);
    assert_eq!(kinds(&app), [("fork", 3002), ("exec", 3002), ("established", 3002)]);
}

#[test]
fn events_are_asked_for_too() {
    let mut app = show(&mut Scene::node());
    kept(&mut app, "kind = exec and uid = 101");
    assert_eq!(kinds(&app), [("exec", 3001), ("exec", 3002)]);
    assert!(pids(&app).is_empty(), "no process is an exec");
}

#[test]
fn it_is_in_force_as_it_is_typed_and_escape_gives_back_what_was() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    kept(&mut app, "uid = 101");
    let (before, selected) = (app.tree.rows.clone(), app.selected.clone());
    filter(&mut app, "name = postgres");
    assert_eq!((app.tree.fulfilling, app.events().len()), (1, 0));
    // What happens meanwhile is not missing afterwards.
    scene.connect(2140, "10.0.0.1:80", "192.0.2.1:443", Direction::Outbound);
    feed(&mut app, &mut scene);
    app.end_line();
    app.prepare();
    assert_eq!((app.tree.rows.clone(), app.selected.clone()), (before, selected));
    assert_eq!(kinds(&app).last(), Some(&("established", 2140)));
    assert_eq!(app.filter.text(), Some("uid = 101"));
}

#[test]
fn what_cannot_be_understood_leaves_the_last_good_one_and_says_where() {
    let mut app = show(&mut Scene::node());
    filter(&mut app, "uid = 101");
    let good = app.tree.rows.clone();
    for (typed, column) in [(" and", 14), (" (", 16), ("\"", 16)] {
        app.type_line(typed);
        app.prepare();
        assert_eq!(app.filter.error.as_ref().map(|error| error.column), Some(column), "{typed}");
        assert_eq!((&app.tree.rows, app.filter.text()), (&good, Some("uid = 101")));
    }
    app.accept_line();
    assert!(app.filter.typing, "it stays open");
    app.clear_line();
    assert!(app.filter.error.is_none() && !app.filter.active());
}

#[test]
fn a_name_of_a_field_that_is_being_typed_is_no_condition_yet() {
    let mut app = show(&mut Scene::node());
    filter(&mut app, "uid = 101");
    let good = app.tree.rows.clone();
    for c in " and pid".chars() {
        app.type_line(c.encode_utf8(&mut [0; 4]));
        app.prepare();
        assert_eq!(app.tree.rows, good, "{}", app.filter.query);
    }
    app.type_line(" = 3001");
    app.prepare();
    assert_eq!(pids(&app), [-2101, -2140, 3001]);
    app.clear_line();
    app.type_line("name");
    assert!(!app.filter.active());
    app.accept_line();
    assert_eq!(app.filter.text(), Some("name"), "whoever keeps it means it");
}

#[test]
fn an_empty_one_and_escape_take_it_away_and_folds_are_as_before() {
    let mut app = show(&mut Scene::node());
    let before = app.tree.rows.clone();
    for away in [App::cancel, |app: &mut App| kept(app, "")] {
        kept(&mut app, "uid = 0");
        assert!(app.filter.active() && app.layout().filter.is_some());
        assert_ne!(app.tree.rows, before);
        away(&mut app);
        app.prepare();
        assert!(!app.filter.active() && app.layout().filter.is_none());
        assert_eq!(app.tree.rows, before);
    }
}

#[test]
fn the_few_that_are_looked_for_stay_in_a_storm() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    kept(&mut app, "remote = 192.0.2.9");
    scene.connect(2140, "10.0.0.1:80", "192.0.2.9:443", Direction::Outbound);
    for _ in 0..3 * KEPT {
        scene.connect(2141, "10.0.0.1:80", "192.0.2.1:443", Direction::Outbound);
    }
    feed(&mut app, &mut scene);
    assert_eq!((kinds(&app), pids(&app)), (vec![("established", 2140)], vec![-2101, 2140]));
    assert_eq!(app.picture().stream.len(), KEPT);
}

#[test]
fn it_holds_while_the_picture_stands_still_and_afterwards() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    app.toggle_pause();
    kept(&mut app, "within container db-1");
    assert_eq!(pids(&app), [2300, 2311]);
    scene.fork(5000, 2300, 0);
    scene.fork(5001, 2101, 0);
    feed(&mut app, &mut scene);
    assert_eq!(pids(&app), [2300, 2311]);
    app.toggle_pause();
    app.prepare();
    assert_eq!((pids(&app), kinds(&app)), (vec![2300, 2311, 5000], vec![("fork", 5000)]));
}

#[test]
fn it_holds_at_every_moment_of_the_past_and_back_in_the_present() {
    for open in [Desk::live, Desk::replay] {
        let mut desk = open((100, 40));
        kept(&mut desk.app, "exe = /opt/x or name = curl");
        assert_eq!(pids(&desk.app), [-2101, -2140, -3001, 3002, 9001]);
        desk.jump("#5");
        assert_eq!(pids(&desk.app), Vec::<i64>::new(), "nobody was there yet");
        (0..26).for_each(|_| desk.step(Step::Event { back: false }));
        assert!(desk.app.travelling() && desk.app.filter.active());
        let model = desk.app.model();
        let there = model.processes().filter(|it| desk.app.filter.filter.as_ref().unwrap().process(it, model)).count();
        assert_eq!((desk.app.tree.fulfilling, there > 0), (there, true));
        assert!(kinds(&desk.app).iter().all(|(_, pid)| [3002, 9001].contains(pid)), "{:?}", kinds(&desk.app));
        // While it is typed, the picture may become another one.
        filter(&mut desk.app, "uid = 1000");
        desk.app.back_to_now();
        desk.serve();
        desk.app.prepare();
        assert_eq!(pids(&desk.app), [-1804, 1811, 1950]);
        desk.app.end_line();
        desk.app.prepare();
        assert_eq!(pids(&desk.app), [-2101, -2140, -3001, 3002, 9001]);
        assert!(kinds(&desk.app).contains(&("exec", 9001)));
    }
}

#[test]
fn a_new_name_of_a_container_is_a_new_verdict() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    kept(&mut app, "container = web-2");
    assert!(pids(&app).is_empty());
    scene.container(DB, "web-2", "postgres:17", None);
    feed(&mut app, &mut scene);
    assert_eq!(pids(&app), [2300, 2311]);
}

#[test]
fn a_container_without_processes_is_not_there_for_itself() {
    let mut scene = Scene::boot();
    scene.container(WEB, "web-1", "nginx", None);
    let mut app = show(&mut scene);
    assert_eq!(groups(&app), ["3f"]);
    kept(&mut app, "uid = 0");
    assert!(groups(&app).is_empty());
}

#[test]
fn who_is_gone_to_and_not_shown_is_named() {
    let mut app = show(&mut Scene::node());
    kept(&mut app, "name = postgres");
    app.point_at(Scene::node().id(3002));
    assert_eq!(app.notice.unwrap().0, "process 3002 does not fulfil the filter; & changes it");
}

#[test]
fn the_newest_that_fulfils_it_is_followed() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    kept(&mut app, "within container db-1");
    app.toggle_following();
    scene.fork(5000, 2300, 0);
    scene.after(10);
    scene.fork(5001, 2101, 0);
    feed(&mut app, &mut scene);
    assert_eq!(app.selected, Some(NodeKey::Process(scene.id(5000))));
}

#[test]
fn both_lines_have_one_history_without_doubles() {
    let mut app = show(&mut Scene::node());
    kept(&mut app, "uid = 0");
    app.start_search();
    app.type_line("curl");
    app.accept_line();
    kept(&mut app, "uid = 0");
    app.start_search();
    app.type_line("new");
    let mut seen = Vec::new();
    for older in [true, true, true, false, false, false] {
        app.recall_line(older);
        seen.push(app.search.query.clone());
    }
    assert_eq!(seen, ["uid = 0", "curl", "curl", "uid = 0", "new", "new"]);
}

#[test]
fn tab_completes_what_is_common_and_then_walks_through_the_offers() {
    let mut app = show(&mut Scene::node());
    app.start_filter();
    let mut tab = |typed: &str, back: bool| {
        app.type_line(typed);
        app.complete_line(back);
        app.filter.query.clone()
    };
    assert_eq!(tab("sev", false), "severity ");
    assert_eq!(tab(">= h", false), "severity >= high ");
    assert_eq!(tab("and co", false), "severity >= high and container");
    assert_eq!(tab("", false), "severity >= high and container", "nothing else begins so");
    app.clear_line();
    app.type_line("kind = exe");
    app.complete_line(false);
    assert_eq!(app.filter.query, "kind = exec ");
    app.clear_line();
    app.type_line("kind = ex");
    app.complete_line(false);
    assert_eq!(app.filter.query, "kind = exec", "exec, exit: the first");
    app.complete_line(false);
    assert_eq!(app.filter.query, "kind = exit");
    app.complete_line(true);
    assert_eq!((app.filter.query.as_str(), app.aid.chosen), ("kind = exec", Some(0)));
    app.type_line(" ");
    assert_eq!(app.aid.chosen, None);
}

#[test]
fn a_search_says_what_is_wrong_and_goes_on_with_what_was_good() {
    let mut app = show(&mut Scene::node());
    app.start_search();
    app.type_line("exe ~ \"curl$\"");
    app.prepare();
    assert_eq!(app.tree.matches, [NodeKey::Process(Scene::node().id(3002))]);
    app.type_line(" and uid =");
    app.prepare();
    assert_eq!(app.search.error.as_ref().map(|error| error.column), Some(24));
    assert_eq!(app.tree.matches.len(), 1);
    app.accept_line();
    assert!(app.search.typing);
    app.type_line(" 101 and within container web not under pid 3002");
    app.prepare();
    assert!(app.tree.matches.is_empty() && app.search.error.is_none());
    app.end_line();
    assert!(!app.search.active() && app.focus == Panel::Tree);
}

#[test]
fn groups_of_one_container_are_one() {
    let mut app = show(&mut Scene::node());
    kept(&mut app, "within (name = curl)");
    assert_eq!(pids(&app), [2101, 2140, 3001, 3002, 2141]);
    app.select(NodeKey::Group(container(WEB)));
    app.fold_or_parent();
    app.prepare();
    assert_eq!((pids(&app).len(), app.tree.fulfilling), (0, 5), "folded, they are counted");
}
