//! Tests of the tables.
#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::app::Message;
use crate::app::scene::{DB, NOON, Scene, WEB, container, settings};
use crate::model::{Direction, Time};

fn show(scene: &mut Scene, view: View) -> App {
    let mut app = App::new(settings(), 120, 30);
    app.update(Message::Batch(std::mem::take(&mut scene.events)));
    app.update(Message::Tick(Time(scene.now)));
    app.show_view(view);
    app.prepare();
    app
}

#[test]
fn a_connection_within_the_node_is_one_row_between_two_containers() {
    let mut scene = Scene::node();
    scene.connect(2_300, "172.17.0.3:5432", "172.17.0.2:48120", Direction::Inbound);
    let app = show(&mut scene, View::Network);
    let (web, db) = (End::Here(container(WEB)), End::Here(container(DB)));
    let between: Vec<_> = app.tables.flows.rows.iter().filter(|row| row.from == web && row.to == db).collect();
    assert_eq!(between.len(), 1, "told by both ends, and counted once");
    assert_eq!((between[0].open, between[0].at.unwrap().port()), (1, 5_432));
    assert!(!app.tables.flows.rows.iter().any(|row| row.from == db && row.to == web));
}

#[test]
fn what_leaves_the_node_comes_before_what_stays_and_who_only_listens_is_last() {
    let app = show(&mut Scene::node(), View::Network);
    let rows = &app.tables.flows.rows;
    assert!(matches!(rows[0].to, End::Elsewhere(_)), "{:?}", rows[0]);
    assert_eq!(rows.last().unwrap().from, End::Anybody);
    assert!(rows.iter().any(|row| matches!(row.from, End::Elsewhere(_)) && row.to == End::Here(container(WEB))));
}

#[test]
fn the_loopback_of_one_container_is_not_that_of_another() {
    let mut scene = Scene::boot();
    scene.now = NOON;
    scene.seen(10, 0, container(WEB), &["a"], 0);
    scene.seen(11, 0, crate::model::GroupKey::Host, &["b"], 0);
    scene.connect(10, "127.0.0.1:4000", "127.0.0.1:80", Direction::Outbound);
    scene.connect(11, "127.0.0.1:80", "127.0.0.1:4000", Direction::Inbound);
    let app = show(&mut scene, View::Network);
    let web = End::Here(container(WEB));
    assert!(app.tables.flows.rows.iter().any(|row| row.from == web && row.to == web), "{:?}", app.tables.flows.rows);
}

#[test]
fn containers_are_ordered_by_risk_and_by_what_the_user_wants() {
    let mut app = show(&mut Scene::node(), View::Containers);
    let names = |app: &App| app.tables.containers.rows.iter().map(|row| row.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&app)[..3], ["db-1", "web-1", "host"], "containers before the host, the host before services");
    while app.sorted_by() != Some(("ALIVE", false)) {
        app.sort_on();
    }
    assert_eq!(names(&app)[0], "host");
    app.sort_reversed();
    assert_ne!(names(&app)[0], "host");
    let row = app.tables.containers.rows.iter().find(|row| row.name == "web-1").unwrap();
    assert_eq!((row.alive, row.image.as_str(), row.pod.as_str()), (5, "registry.local/shop/web:1.25", "shop/web-7d9f"));
    assert!(row.series.iter().any(|count| *count > 0), "what it did just now is on its sparkline");
}

#[test]
fn enter_goes_on_to_what_a_row_is_about_and_backspace_comes_back() {
    let mut app = show(&mut Scene::node(), View::Containers);
    app.step_table(1);
    app.open_detail();
    assert_eq!((app.view, app.selected.clone()), (View::Tree, Some(NodeKey::Group(container(WEB)))));
    assert_eq!(app.crumbs(), ["Containers web-1", "Tree web-1"]);
    app.back();
    assert_eq!((app.view, app.crumbs().len()), (View::Containers, 1));
    app.back();
    assert!(app.notice.is_some(), "there is nowhere further back");
    app.show_view(View::Network);
    let process = app.tables.flows.marked().unwrap().process;
    app.open_detail();
    assert_eq!(app.selected, Some(NodeKey::Process(process)));
}
