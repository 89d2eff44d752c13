//! The search on the screen.

use super::*;

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
