//! What stands in the tree, and on which line the selection is.

use super::*;

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

#[test]
fn a_dead_process_that_loses_the_selection_to_a_fold_goes_at_once() {
    let mut scene = Scene::node();
    let mut app = show(&mut scene);
    let hidden = |app: &App| {
        let key = NodeKey::Group(service("cron.service"));
        app.tree.rows[app.tree.position(&key).unwrap()].hidden
    };
    let before = hidden(&app);
    scene.exit(1950, Some(0), None);
    feed(&mut app, &mut scene);
    select(&mut app, 1950);
    scene.after(60_000);
    // Its cgroup, which is told late, is that of a service, and those are folded.
    scene.moves(1950, service("cron.service"));
    feed(&mut app, &mut scene);
    assert!(app.selected.is_some() && app.selected != Some(NodeKey::Process(scene.id(1950))));
    assert_eq!(hidden(&app), before);
}
