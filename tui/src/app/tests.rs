//! Tests of the state of the screen.
#![allow(clippy::unwrap_used, reason = "tests")]

mod search;
mod tree;

use super::scene::{DB, NOON, Scene, WEB, container, service};
use super::*;
use crate::model::{Direction, Event, Exit, GroupKey, Kind, ProcessEvent, ProcessId, Ticks};

fn show(scene: &mut Scene) -> App {
    let mut app = App::new(scene::settings(), 80, 24);
    feed(&mut app, scene);
    app
}

fn feed(app: &mut App, scene: &mut Scene) {
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    app.update(Message::Tick(Time(scene.now)));
    app.prepare();
}

/// The tree as text: a line per row, two spaces per level, `+` closed and `-` open.
fn outline(app: &App) -> Vec<String> {
    let line = |row: &Row| {
        let fold = match row.fold {
            Fold::Leaf => ' ',
            Fold::Open => '-',
            Fold::Closed => '+',
        };
        let (name, indent) = match &row.key {
            NodeKey::Group(GroupKey::Host) => ("host".to_owned(), row.depth),
            NodeKey::Group(GroupKey::Service(name)) => (name.to_string(), row.depth),
            NodeKey::Group(GroupKey::Container(id)) => (id[..6].to_owned(), row.depth),
            NodeKey::Process(id) => (id.pid.to_string(), row.depth + 1),
        };
        format!("{}{fold}{name}", "  ".repeat(usize::from(indent)))
    };
    app.tree.rows.iter().map(line).collect()
}

fn pid_selected(app: &App) -> u32 {
    match app.selected {
        Some(NodeKey::Process(id)) => id.pid,
        _ => 0,
    }
}

fn select(app: &mut App, pid: u32) {
    let at = app.tree.rows.iter().position(|row| matches!(row.key, NodeKey::Process(id) if id.pid == pid)).unwrap();
    app.selected = Some(app.tree.rows[at].key.clone());
    app.step(0);
}

#[test]
fn nothing_is_drawn_when_nothing_visible_changed() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    app.update(Message::Tick(Time(scene.now)));
    app.prepare();
    app.update(Message::Tick(Time(scene.now + 100_000_000)));
    assert!(!app.needs_draw());
    let mut empty = App::new(Settings::default(), 80, 24);
    empty.prepare();
    empty.update(Message::Tick(Time(NOON)));
    empty.prepare();
    empty.update(Message::Tick(Time(NOON + 5_000_000_000)));
    assert!(!empty.needs_draw(), "no process is shown, so no age grows");
}

#[test]
fn an_event_leads_to_its_process_even_when_that_has_left_the_tree() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    scene.exit(3002, None, Some(9));
    feed(&mut app, &mut scene);
    app.set_fold(NodeKey::Group(container(WEB)), false);
    scene.after(60_000);
    feed(&mut app, &mut scene);
    app.next_panel(false);
    app.open_detail();
    assert_eq!(pid_selected(&app), 3002);
    assert!(outline(&app).contains(&"         3002".to_owned()), "{:?}", outline(&app));
}

#[test]
fn following_selects_the_newest_and_moving_stops_it() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    app.toggle_following();
    app.prepare();
    assert_eq!(pid_selected(&app), 3002);
    scene.after(5);
    scene.fork(5000, 2311, 999);
    feed(&mut app, &mut scene);
    assert_eq!(pid_selected(&app), 5000);
    app.set_fold(NodeKey::Group(container(DB)), false);
    assert_eq!(app.selected, Some(NodeKey::Group(container(DB))), "folded away, its fold is selected");
    app.step(-1);
    assert!(!app.following);
}

#[test]
fn a_pause_stops_the_picture_and_counts_what_waits() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    let before = outline(&app);
    app.toggle_pause();
    for pid in 4000..4010 {
        scene.fork(pid, 2101, 0);
    }
    scene.after(60_000);
    feed(&mut app, &mut scene);
    assert_eq!((outline(&app), app.waiting()), (before.clone(), 10));
    assert!(app.now().0 < scene.now, "ages stand still too");
    app.toggle_pause();
    app.prepare();
    assert_eq!((outline(&app).len(), app.waiting()), (before.len() + 10, 0));
}

#[test]
fn a_click_selects_and_a_click_on_the_mark_folds() {
    let mut app = show(&mut Scene::node());
    app.update(Message::Click(40, 5));
    assert_eq!(pid_selected(&app), 2140);
    let mark = Columns::new(80, |_| false).fold_mark(&app.tree.rows[2]);
    app.update(Message::Click(mark, 5));
    assert!(outline(&app).contains(&"    +2140".to_owned()));
    app.update(Message::Click(mark, 5));
    assert!(outline(&app).contains(&"    -2140".to_owned()));
}

#[test]
fn the_wheel_scrolls_the_panel_that_it_is_over() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    app.update(Message::Wheel { x: 5, y: 5, down: true });
    assert_eq!(app.top, 3, "18 lines, 15 fit");
    app.update(Message::Wheel { x: 5, y: 21, down: false });
    assert!(app.look.bottom.is_some());
    app.update(Message::Wheel { x: 5, y: 21, down: true });
    assert_eq!(app.look, Look::default(), "at its end the stream follows again");
}

#[test]
fn the_stream_stands_still_under_the_mark_while_events_come() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    app.next_panel(false);
    assert_eq!(app.focus, Panel::Events);
    app.step(-1);
    let window = app.look.window(&app.picture().stream, 4);
    scene.connect(2141, "172.17.0.2:1", "192.0.2.1:80", Direction::Outbound);
    feed(&mut app, &mut scene);
    assert_eq!(app.look.window(&app.picture().stream, 4), window);
    app.step(-100);
    app.open_detail();
    app.last();
    app.next_panel(false);
    app.last();
    assert_eq!(app.look.bottom, None);
}

#[test]
fn the_rate_is_of_the_last_second() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    app.update(Message::Tick(Time(scene.now)));
    for pid in 4000..4050 {
        scene.fork(pid, 2101, 0);
    }
    scene.after(2_000);
    feed(&mut app, &mut scene);
    assert_eq!(app.rate.per_second, 25);
}
