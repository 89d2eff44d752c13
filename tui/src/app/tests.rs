//! Tests of the state of the screen.
#![allow(clippy::unwrap_used, reason = "tests")]

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
fn containers_are_top_branches_and_services_stand_folded_under_the_host() {
    let app = show(&mut Scene::node());
    assert_eq!(
        outline(&app),
        [
            "-3f2a9c",
            "  -2101",
            "    -2140",
            "      -3001",
            "         3002",
            "     2141",
            "-b81c77",
            "  -2300",
            "     2311",
            "-host",
            "   1",
            "  -1804",
            "    -1811",
            "       1950",
            "  +cron.service",
            "  +docker.service",
            "  +ssh.service",
            "  +2",
        ]
    );
    let folded = |pid: u32| app.tree.rows.iter().find(|row| matches!(row.key, NodeKey::Process(id) if id.pid == pid));
    assert_eq!(folded(2).unwrap().hidden, 3, "kernel threads are folded into one line that counts them");
}

#[test]
fn the_tree_keeps_the_birth_parent_when_an_orphan_gets_a_new_one() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    scene.exit(3001, Some(0), None);
    feed(&mut app, &mut scene);
    assert_eq!(app.model().process(scene.id(3002)).unwrap().parent, Some(scene.id(1)));
    assert!(outline(&app).contains(&"         3002".to_owned()), "{:?}", outline(&app));
}

#[test]
fn the_dead_leave_after_a_while_unless_the_living_descend_from_them() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    scene.exit(3001, Some(0), None);
    scene.exit(2141, Some(1), None);
    scene.after(9_900);
    feed(&mut app, &mut scene);
    assert!(outline(&app).contains(&"     2141".to_owned()));
    scene.after(200);
    feed(&mut app, &mut scene);
    let after = outline(&app);
    assert!(!after.contains(&"     2141".to_owned()), "{after:?}");
    assert!(after.contains(&"      -3001".to_owned()), "3002 lives: {after:?}");
}

#[test]
fn a_tick_alone_makes_the_dead_leave_and_an_idle_second_rebuilds_nothing() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    scene.exit(2141, Some(0), None);
    feed(&mut app, &mut scene);
    let rows = app.tree.rows.len();
    app.update(Message::Tick(Time(scene.now + 10_000_000_001)));
    assert!(app.needs_draw());
    app.prepare();
    assert_eq!(app.tree.rows.len(), rows - 1);
    app.tree.rows.clear();
    app.update(Message::Tick(Time(scene.now + 12_000_000_000)));
    app.prepare();
    assert!(app.tree.rows.is_empty(), "the lines were made again though nothing had changed");
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
fn folding_hides_what_is_under_a_line_and_left_goes_to_the_parent() {
    let mut app = show(&mut Scene::node());
    select(&mut app, 2140);
    app.fold_or_parent();
    assert!(outline(&app).contains(&"    +2140".to_owned()));
    assert_eq!(app.tree.rows.iter().find(|row| row.fold == Fold::Closed).unwrap().hidden, 2);
    app.fold_or_parent();
    assert_eq!(pid_selected(&app), 2101);
    app.fold_or_parent();
    app.fold_or_parent();
    assert_eq!(app.selected, Some(NodeKey::Group(container(WEB))));
    app.fold_or_parent();
    assert_eq!(outline(&app)[..2], ["+3f2a9c", "-b81c77"]);
    app.fold_or_parent();
    assert_eq!(app.notice.as_ref().unwrap().0, "this is a top branch");
    app.unfold_or_child();
    assert_eq!(outline(&app)[1], "  +2101", "a fold further down stays as it was");
    app.unfold_or_child();
    assert_eq!(pid_selected(&app), 2101);
}

#[test]
fn a_folded_host_hides_its_services_too() {
    let mut app = show(&mut Scene::node());
    app.set_fold(NodeKey::Group(GroupKey::Host), false);
    assert_eq!(outline(&app).last().unwrap(), "+host");
    let host = app.tree.rows.last().unwrap();
    assert_eq!(host.hidden, 4 + 3 + 4 + 4, "processes, service headings, processes of services, kernel threads");
}

#[test]
fn the_selection_stays_on_its_process_and_on_its_line_of_the_screen() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    select(&mut app, 2300);
    let line = app.tree.position(app.selected.as_ref().unwrap()).unwrap() - app.top;
    for pid in 4000..4030 {
        scene.fork(pid, 2101, 0);
    }
    feed(&mut app, &mut scene);
    assert_eq!(pid_selected(&app), 2300);
    assert_eq!(app.tree.position(app.selected.as_ref().unwrap()).unwrap() - app.top, line);
}

#[test]
fn the_selected_process_stays_however_long_it_is_dead_and_leaves_when_it_is_left() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    select(&mut app, 3002);
    scene.exit(3002, Some(0), None);
    scene.after(60_000);
    feed(&mut app, &mut scene);
    assert_eq!(pid_selected(&app), 3002);
    app.step(-1);
    app.prepare();
    assert_eq!(pid_selected(&app), 3001);
    assert!(!outline(&app).contains(&"         3002".to_owned()));
}

#[test]
fn when_the_selected_process_is_forgotten_the_selection_stays_near() {
    let mut scene = Scene::node();
    let settings = Settings { limits: Limits { dead: 0, ..Limits::default() }, ..Settings::default() };
    let mut app = App::new(settings, 80, 24);
    feed(&mut app, &mut scene);
    select(&mut app, 3002);
    scene.exit(3002, Some(0), None);
    feed(&mut app, &mut scene);
    assert!(app.model().process(scene.id(3002)).is_none());
    assert_eq!(pid_selected(&app), 2141, "what stands in its place");
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
fn a_search_goes_to_what_it_finds_and_opens_the_folds_on_the_way() {
    let mut app = show(&mut Scene::node());
    app.start_search();
    app.type_line("CONTAINERD");
    assert_eq!(pid_selected(&app), 544);
    assert!(outline(&app).contains(&"  -docker.service".to_owned()));
    app.end_line();
    assert!(outline(&app).contains(&"  +docker.service".to_owned()), "given up, folds are as before");
    assert_eq!(app.selected, Some(NodeKey::Group(container(WEB))), "and so is the selection");
}

#[test]
fn a_search_that_finds_nothing_as_it_was_typed_goes_to_what_comes_closest() {
    let mut app = show(&mut Scene::node());
    app.start_search();
    app.type_line("pstgr");
    assert_eq!(
        app.selected,
        Some(NodeKey::Group(container(DB))),
        "its image is called so; its processes come after it"
    );
    app.next_match(false);
    assert_eq!(pid_selected(&app), 2300);
    assert!(app.tree.closest.is_some() && app.tree.matches.len() == 3, "{:?}", app.tree.matches);
    app.type_line("xq");
    assert!(app.tree.matches.is_empty(), "letters that are not there come close to nothing");
    app.clear_line();
    app.type_line("post");
    assert!(app.tree.closest.is_none(), "it is there as it was typed");
}

#[test]
fn a_search_goes_round_and_counts() {
    let mut app = show(&mut Scene::node());
    app.start_search();
    app.type_line("nginx");
    app.accept_line();
    let mut visited = vec![pid_selected(&app)];
    for _ in 0..3 {
        app.next_match(false);
        visited.push(pid_selected(&app));
    }
    assert_eq!(visited, [2101, 2140, 2141, 2101]);
    app.next_match(true);
    assert_eq!((pid_selected(&app), app.match_position(), app.tree.matches.len()), (2141, Some(2), 3));
}

#[test]
fn every_fact_that_a_search_promises_is_found() {
    for (query, pid) in [("2311", 2311), ("NOTES.txt", 1950), ("198.51.100.7:80", 3002), ("/usr/bin/curl", 3002)] {
        let mut app = show(&mut Scene::node());
        app.start_search();
        app.type_line(query);
        assert_eq!(pid_selected(&app), pid, "{query}");
    }
    for (query, key) in [
        ("db-1", container(DB)),
        ("3f2a9c1b", container(WEB)),
        ("SHOP/web", container(WEB)),
        ("cron.s", service("cron.service")),
    ] {
        let mut app = show(&mut Scene::node());
        app.start_search();
        app.type_line(query);
        assert_eq!(app.selected, Some(NodeKey::Group(key)), "{query}");
    }
    let mut app = show(&mut Scene::node());
    app.start_search();
    app.type_line("no such thing");
    app.accept_line();
    assert_eq!(app.notice.unwrap().0, "nothing matches “no such thing”");
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
fn a_ring_of_ancestors_in_a_malformed_stream_is_still_shown() {
    let mut scene = Scene::boot();
    scene.fork(10, 11, 0);
    scene.fork(11, 12, 0);
    scene.fork(12, 10, 0);
    let app = show(&mut scene);
    assert_eq!(outline(&app), ["-host", "  -10", "     12", "   11"]);
}

#[test]
fn a_lineage_of_thousands_is_no_trouble() {
    let mut scene = Scene::boot();
    for pid in 100..5_100 {
        scene.fork(pid + 1, pid, 0);
    }
    let mut app = show(&mut scene);
    assert_eq!(app.tree.rows.len(), 5_002, "the host and 5,001 processes");
    app.last();
    app.fold_or_parent();
    assert_eq!(pid_selected(&app), 5_099);
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

#[test]
fn a_process_unknown_to_the_stream_may_end_without_harm() {
    let id = ProcessId { pid: 9, start: Ticks(9) };
    let event = ProcessEvent { time: Time(NOON), process: id, tid: 9, cgroup: None, kind: Kind::Exit(Exit::default()) };
    let mut scene = Scene::boot();
    scene.events.push(Event::Process(event));
    assert_eq!(outline(&show(&mut scene)), ["-host", "   9"]);
}

#[test]
fn a_dead_process_that_stayed_as_it_was_selected_goes_when_another_one_is() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    let there = |app: &App| outline(app).iter().any(|line| line.contains("3002"));
    scene.exit(3002, Some(0), None);
    feed(&mut app, &mut scene);
    select(&mut app, 3002);
    // Something happens elsewhere, long after it should have gone.
    scene.after(60_000);
    scene.fork(9_000, 1_811, 1_000);
    feed(&mut app, &mut scene);
    assert!(there(&app));
    select(&mut app, 1_950);
    scene.fork(9_001, 1_811, 1_000);
    feed(&mut app, &mut scene);
    assert!(!there(&app));
}
