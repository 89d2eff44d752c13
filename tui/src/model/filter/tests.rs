//! What the filter language promises.

use proptest::prelude::*;

use super::*;
use crate::app::scene::{NOON, Scene, WEB};
use crate::model::{Event, Model, Time};

fn anchor() -> Anchor {
    Anchor { now: Time(NOON), offset: 0 }
}

fn parse(text: &str) -> Filter {
    match Filter::parse(text, anchor()) {
        Ok(Some(filter)) => filter,
        other => panic!("{text}: {other:?}"),
    }
}

fn error(text: &str) -> FilterError {
    match Filter::parse(text, anchor()) {
        Err(error) => error,
        other => panic!("{text}: {other:?}"),
    }
}

fn node() -> (Model, Vec<Event>) {
    let scene = Scene::node();
    let mut model = Model::default();
    scene.events.iter().for_each(|event| model.apply(event));
    (model, scene.events)
}

/// Pids of the processes that fulfil `text`.
fn pids(text: &str) -> Vec<u32> {
    let (filter, (model, _)) = (parse(text), node());
    let mut pids: Vec<u32> = model.processes().filter(|it| filter.process(it, &model)).map(|it| it.id.pid).collect();
    pids.sort_unstable();
    pids
}

/// Kinds and pids of the events that fulfil `text`.
fn events(text: &str) -> Vec<(&'static str, u32)> {
    let filter = parse(text);
    let (mut model, mut found) = (Model::default(), Vec::new());
    for event in Scene::node().events {
        model.apply(&event);
        if let Event::Process(event) = &event
            && filter.event(event, &model)
        {
            found.push((event.kind.name(), event.process.pid));
        }
    }
    found
}

#[test]
fn fields_are_compared() {
    assert_eq!(pids("pid = 3002"), [3002]);
    assert_eq!(pids("pid = 3001..3002"), [3001, 3002]);
    assert_eq!(pids("pid in (412, 530)"), [412, 530]);
    assert_eq!(pids("pid >= 3001"), [3001, 3002]);
    assert_eq!(pids("exe = /usr/bin/curl"), [3002]);
    assert_eq!(pids("exe = /usr/bin/*"), [530, 3001, 3002]);
    assert_eq!(pids("name = curl or name = bash and uid = 101"), [3001, 3002]);
    assert_eq!(pids("argv ~ \"http://[0-9.]+/x\""), [3001, 3002]);
    assert_eq!(pids("arg = -c"), [3001]);
    assert_eq!(pids("uid = 1000 not name = vim"), [1811]);
    assert_eq!(pids("service = ssh"), [412]);
    assert_eq!(pids("tty = pts/3"), [1811, 1950]);
}

#[test]
fn containers_and_ancestors_are_asked_for() {
    assert_eq!(pids(&format!("container = {}", &WEB[..12])), pids("container = web-1"));
    assert_eq!(pids("within container db-1"), [2300, 2311]);
    assert_eq!(pids("image = postgres:*"), [2300, 2311]);
    assert_eq!(pids("pod = web-7d9f and namespace = shop"), pids("container = web-1"));
    assert_eq!(pids("under 3001"), [3001, 3002]);
    assert_eq!(pids("under pid = 3001"), [3001, 3002]);
    assert_eq!(pids("under pid 3001"), [3001, 3002]);
    assert_eq!(pids("under name = bash and pid in (3002, 1)"), [3002]);
    assert_eq!(pids("under (name = bash and uid = 101)"), [3001, 3002]);
    assert_eq!(pids("not container = host under 2101"), [2101, 2140, 2141, 3001, 3002]);
    assert!(pids("container = host").contains(&1));
}

#[test]
fn events_have_fields_of_their_own() {
    assert_eq!(events("kind = established and remote = 198.51.100.0/24"), [("established", 3002)]);
    assert_eq!(events("address = 172.17.0.3"), [("established", 2140)]);
    assert_eq!(events("port = 5432"), [("established", 2140)]);
    assert_eq!(events("kind = exec"), [("exec", 3001), ("exec", 3002)]);
    assert_eq!(events("kind = exec and under 3002"), [("exec", 3002)]);
    assert_eq!(events("direction = inbound").len(), 1);
}

#[test]
fn bare_words_are_looked_for_everywhere() {
    assert_eq!(pids("CURL"), [3001, 3002]);
    assert_eq!(pids("curl http"), [3001, 3002]);
    assert_eq!(pids("198.51.100.7:80"), [3002]);
    assert_eq!(pids("\"-s http\""), [3001]);
    assert_eq!(pids("30"), pids("3001").into_iter().chain(pids("3002")).collect::<Vec<_>>());
}

#[test]
fn times_are_understood() {
    // The scene's processes are forked at noon and a second and a half.
    assert_eq!(events("kind = fork and time = 12:00").len(), 2);
    assert_eq!(events("kind = fork and time = 12:00:01.5").len(), 2);
    assert_eq!(events("kind = fork and time = 12:00:02").len(), 0);
    assert_eq!(events("kind = fork and time = 2026-11-23").len(), 2);
    assert_eq!(events("kind = fork and time = 2026-11-23 12:00").len(), 2);
    assert_eq!(events("kind = fork and time = 2026-11-23T13:00:01+01:00").len(), 2);
    assert_eq!(events("kind = fork and time = 11:59..12:00").len(), 2);
    assert_eq!(events("kind = fork and time > 12:00").len(), 0);
    assert_eq!(events("kind = fork and time > -5m").len(), 2);
    assert_eq!(events("kind = fork and time < -5m").len(), 0);
    // Far away, and beyond what a moment can be: no number runs over.
    assert_eq!(events("time > 2554-07-20").len(), 0);
    for wrong in ["2554-07-21", "9999-01-01", "12:00+-9:00", "12:00+99999999999999999:00"] {
        assert_eq!(error(&format!("time > {wrong}")).column, 8, "{wrong}");
    }
}

#[test]
fn every_error_points_at_its_column() {
    let at = |text: &str| (error(text).column, error(text).width);
    assert_eq!(at("pid = abc"), (7, 3));
    assert_eq!(at("pidd = 1"), (1, 4));
    assert_eq!(error("pidd = 1").hint.as_deref(), Some("did you mean `pid`?"));
    assert_eq!(at("uid = 0 and"), (12, 1));
    assert_eq!(at("(uid = 0"), (1, 1));
    assert_eq!(at("uid = 0)"), (8, 1));
    assert_eq!(at("argv ~ \"a(\""), (8, 4));
    assert_eq!(at("exe < x"), (5, 1));
    assert_eq!(at("pid = 9..1"), (7, 4));
    assert_eq!(at("time = noon"), (8, 4));
    assert_eq!(at("address = 10.0.0.0/99"), (11, 11));
    assert_eq!(at("say \"hello"), (5, 1));
    assert_eq!(at("severity = bad"), (12, 3));
    assert_eq!(at("pid in 1"), (8, 1));
    assert_eq!(at("pid in (1 2)"), (11, 1));
    assert_eq!(at("under"), (6, 1));
    assert_eq!(
        error("uid = 0 and pidd = 1").pointed("uid = 0 and pidd = 1"),
        "uid = 0 and pidd = 1\n            ^^^^ there is no field `pidd`; did you mean `pid`?"
    );
}

#[test]
fn too_much_is_refused() {
    assert!(error(&"x ".repeat(3_000)).message.contains("longer"));
    assert!(error(&"(".repeat(200)).message.contains("nested"));
    assert!(error("argv ~ \"(a{1000}){1000}\"").message.contains("regular expression"));
}

#[test]
fn names_and_values_are_completed() {
    let words = |text: &str| {
        let completion = complete(text, &["recon"], &["exec", "exit"]);
        (completion.from, completion.candidates.into_iter().map(|(word, _)| word).collect::<Vec<_>>())
    };
    assert_eq!(words("uid = 0 and ex"), (12, vec!["exe".to_owned()]));
    assert_eq!(words("kind = ex"), (7, vec!["exec".to_owned(), "exit".to_owned()]));
    assert_eq!(words("severity >= h"), (12, vec!["high".to_owned()]));
    assert_eq!(words("pid = "), (6, vec![]));
    assert!(words("").1.len() > 30);
}

proptest! {
    #[test]
    fn no_text_panics_and_every_error_is_within_it(text in any::<String>()) {
        if let Err(error) = Filter::parse(&text, anchor()) {
            prop_assert!(error.column >= 1 && error.column <= text.chars().count() + 1);
        }
        complete(&text, &[], &[]);
    }

    #[test]
    fn words_of_the_language_in_any_order_do_not_panic(
        words in prop::collection::vec(
            prop::sample::select(vec!["pid", "=", "1", "(", ")", "and", "or", "not", "under", "within", "container", "~",
                "\"a\"", "in", ",", "time", "-5m", "..", "!", "x"]), 0..30)
    ) {
        let text = words.join(" ");
        if let Ok(Some(filter)) = Filter::parse(&text, anchor()) {
            let (model, _) = node();
            let opposite = Filter { expr: Expr::Not(Box::new(filter.expr.clone())), text: String::new() };
            for process in model.processes() {
                prop_assert_ne!(filter.process(process, &model), opposite.process(process, &model));
            }
        }
    }
}
