//! Many nodes, told line by line.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::detect::Severity;
use crate::export::rfc3339;

const SECOND: u64 = 1_000_000_000;
/// 2026-11-26 12:00:00 UTC.
const NOON: u64 = 1_795_694_400 * SECOND;

/// Writes lines as nodes do.
struct Bus {
    fleet: Fleet,
    numbers: std::collections::HashMap<String, u64>,
    now: u64,
}

impl Bus {
    fn new() -> Bus {
        Bus { fleet: Fleet::default(), numbers: Default::default(), now: NOON }
    }

    fn line(&mut self, node: &str, body: serde_json::Value) -> Line {
        let number = self.numbers.entry(node.to_owned()).or_default();
        *number += 1;
        self.now += 1_000_000;
        let name = NodeName { cluster: "default".into(), node: node.into() };
        Line { name, boot: "b".into(), run: 1, number: *number, kept: Time(self.now), body }
    }

    fn tell(&mut self, node: &str, body: serde_json::Value) {
        let line = self.line(node, body);
        self.fleet.take(&line);
    }

    fn incident(&mut self, node: &str, id: &str, at: u64, ways: &[(&str, &str, &str)]) {
        self.told(node, id, "high", at, ways);
    }

    fn told(&mut self, node: &str, id: &str, severity: &str, at: u64, ways: &[(&str, &str, &str)]) {
        let time = rfc3339(Time(NOON + at));
        let ways: Vec<_> = ways
            .iter()
            .map(|(direction, local, remote)| {
                json!({"time": time, "process": {"pid": 7, "start_time": time, "exe": "/usr/bin/ssh"}, "local": local, "remote": remote,
                       "direction": direction, "protocol": "tcp"})
            })
            .collect();
        let stages = json!([{"stage": "execution", "time": time, "process": {"pid": 9, "start_time": time, "exe": "/bin/sh", "argv": ["sh"]},
            "findings": [{"time": time, "rule": "r", "severity": severity, "title": format!("sh of {node}")}]}]);
        self.tell(
            node,
            json!({"type": "incident", "id": id, "title": format!("on {node}"), "severity": severity,
            "first": time, "last": time, "stages": stages, "connections": ways}),
        );
    }

    fn ids(&self) -> Vec<String> {
        self.fleet.incidents().into_iter().map(|incident| incident.id).collect()
    }
}

fn name(node: &str) -> NodeName {
    NodeName { cluster: "default".into(), node: node.into() }
}

#[test]
fn incidents_at_both_ends_of_a_connection_are_one() {
    let mut bus = Bus::new();
    bus.incident("a", "i1", 0, &[("outbound", "10.0.0.1:40000", "10.0.0.2:22")]);
    bus.incident("b", "i1", SECOND, &[("inbound", "[::ffff:10.0.0.2]:22", "[::ffff:10.0.0.1]:40000")]);
    bus.incident("b", "i2", SECOND, &[("outbound", "10.0.0.2:41000", "10.0.0.3:22")]);
    bus.incident("c", "i1", 2 * SECOND, &[("inbound", "10.0.0.3:22", "10.0.0.2:40999")]);
    let all = bus.fleet.incidents();
    assert_eq!(bus.ids(), ["c/i1", "a/i1+b/i1", "b/i2"]);
    let Some(joined) = all.get(1) else { panic!("three") };
    assert_eq!(joined.nodes(), [&name("a"), &name("b")]);
    let [crossing] = &joined.crossings[..] else { panic!("one: {:?}", joined.crossings) };
    assert_eq!((&*crossing.from.node.node, &*crossing.to.node.node), ("a", "b"));
    assert_eq!((crossing.from.process.as_str(), crossing.remote.port()), ("ssh (7)", 22));
    assert_eq!(joined.steps.iter().map(|step| &*step.node.node).collect::<Vec<_>>(), ["a", "b"]);
}

#[test]
fn a_chain_of_three_nodes_is_one_and_ports_that_are_used_again_join_nobody() {
    let mut bus = Bus::new();
    bus.incident("c", "i1", 2 * SECOND, &[("inbound", "10.0.0.3:22", "10.0.0.2:41000")]);
    bus.incident("a", "i1", 0, &[("outbound", "10.0.0.1:40000", "10.0.0.2:22")]);
    bus.incident(
        "b",
        "i1",
        SECOND,
        &[("inbound", "10.0.0.2:22", "10.0.0.1:40000"), ("outbound", "10.0.0.2:41000", "10.0.0.3:22")],
    );
    bus.incident("d", "i1", 3_600 * SECOND, &[("inbound", "10.0.0.3:22", "10.0.0.2:41000")]);
    let ids = bus.ids();
    assert_eq!(ids, ["d/i1", "a/i1+b/i1+c/i1"]);
    assert_eq!(bus.fleet.incidents()[1].crossings.len(), 2);
}

#[test]
fn one_end_is_enough_to_tell_where_it_went_where_the_other_node_tells_of_its_connections() {
    let mut bus = Bus::new();
    bus.incident("a", "i1", 0, &[("outbound", "10.0.0.1:40000", "10.0.0.2:5432")]);
    assert!(bus.fleet.incidents()[0].crossings.is_empty());
    bus.tell(
        "b",
        json!({"type": "event", "time": rfc3339(Time(NOON)), "kind": "accept",
        "process": {"pid": 70, "start_time": rfc3339(Time(NOON)), "exe": "/usr/bin/postgres", "container": {"id": "0123456789abcdef", "name": "db"}},
        "endpoint": {"local": "10.0.0.2:5432", "remote": "10.0.0.1:40000", "direction": "inbound", "protocol": "tcp"}}),
    );
    let all = bus.fleet.incidents();
    let [crossing] = &all[0].crossings[..] else { panic!("one") };
    assert_eq!((&crossing.to.node, crossing.to.process.as_str()), (&name("b"), "postgres (70) of db"));
    assert_eq!(all[0].nodes(), [&name("a"), &name("b")]);
}

#[test]
fn what_stays_on_a_node_joins_nobody() {
    let mut bus = Bus::new();
    bus.incident("a", "i1", 0, &[("outbound", "127.0.0.1:40000", "127.0.0.1:22")]);
    bus.incident("b", "i1", 0, &[("inbound", "127.0.0.1:22", "127.0.0.1:40000")]);
    assert_eq!(bus.ids().len(), 2);
}

#[test]
fn an_incident_that_is_told_anew_stays_one() {
    let mut bus = Bus::new();
    bus.told("a", "i1", "medium", 0, &[]);
    bus.told("a", "i1", "critical", 0, &[]);
    let all = bus.fleet.incidents();
    assert_eq!((all.len(), all[0].severity), (1, Severity::Critical));
}

#[test]
fn what_comes_again_is_dropped_and_what_never_came_is_counted() {
    let mut bus = Bus::new();
    let time = rfc3339(Time(NOON));
    let process = json!({"pid": 9, "start_time": time});
    let body = json!({"type": "finding", "time": time, "rule": "r", "class": "recon", "severity": "high", "title": "t",
        "process": process});
    let lines: Vec<Line> = (0..6).map(|_| bus.line("a", body.clone())).collect();
    for at in [0, 1, 1, 4, 0, 5] {
        bus.fleet.take(&lines[at]);
    }
    let Some(node) = bus.fleet.node(&name("a")) else { panic!("it is known") };
    assert_eq!((node.lines, node.again, node.missing), (4, 2, 2));
    assert_eq!((node.findings[Severity::High as usize], node.worst), (4, Some(Severity::High)));
    assert!(node.troubles().iter().any(|trouble| trouble == "2 lines never came"));
    assert!(!node.doubled && !node.quiet(Time(NOON + 60 * SECOND)) && node.quiet(Time(NOON + 600 * SECOND)));
}

#[test]
fn two_agents_under_one_name_are_noticed_and_one_that_was_started_anew_is_none() {
    let mut bus = Bus::new();
    let body =
        json!({"type": "status", "time": rfc3339(Time(NOON)), "topic": "source", "health": "ok", "text": "ready"});
    let line = bus.line("a", body);
    let of =
        |run: u64, number: u64, after: u64| Line { run, number, kept: Time(NOON + after * SECOND), ..line.clone() };
    for line in [of(1, 1, 0), of(1, 2, 1), of(2, 1, 5), of(2, 2, 6)] {
        bus.fleet.take(&line);
    }
    assert!(bus.fleet.node(&name("a")).is_some_and(|node| !node.doubled && node.missing == 0));
    bus.fleet.take(&of(1, 3, 7));
    assert!(bus.fleet.node(&name("a")).is_some_and(|node| node.doubled));
}

#[test]
fn a_clock_that_is_an_hour_off_is_told_and_does_not_keep_incidents_apart() {
    const HOUR: u64 = 3_600 * SECOND;
    let mut bus = Bus::new();
    let status =
        |at: u64| json!({"type": "status", "time": rfc3339(Time(at)), "topic": "x", "health": "ok", "text": ""});
    bus.tell("a", status(NOON));
    bus.tell("b", status(NOON + HOUR));
    bus.incident("a", "i1", 0, &[("outbound", "10.0.0.1:40000", "10.0.0.2:22")]);
    bus.incident("b", "i1", HOUR + SECOND, &[("inbound", "10.0.0.2:22", "10.0.0.1:40000")]);
    assert_eq!(bus.ids(), ["a/i1+b/i1"]);
    let steps = &bus.fleet.incidents()[0].steps;
    assert!(steps[1].time.since(steps[0].time) < 2 * SECOND);
    let troubles = |node: &str| bus.fleet.node(&name(node)).map(Node::troubles).unwrap_or_default();
    assert_eq!(troubles("a"), Vec::<String>::new());
    assert_eq!(troubles("b"), ["its clock is 59 min ahead of the bus's"]);
}

#[test]
fn the_mark_stays_on_what_it_was_on() {
    let mut bus = Bus::new();
    bus.incident("a", "i1", 0, &[]);
    let mut screen = Screen::new("bus".into(), 0);
    (screen.fleet, screen.size, screen.now) = (bus.fleet, (120, 40), Time(NOON));
    screen.prepare();
    screen.step(1);
    assert_eq!(screen.incident_rows().1, 1);
    let mut bus = Bus { fleet: screen.fleet, ..Bus::new() };
    bus.told("b", "i1", "critical", SECOND, &[]);
    screen.fleet = bus.fleet;
    screen.prepare();
    let (rows, marked) = screen.incident_rows();
    assert_eq!((rows[marked], marked), (Row::Step(1, 0), 3));
    assert_eq!(screen.marked_node(), Some(name("a")));
    screen.turn();
    assert_eq!(screen.marked_node(), Some(name("a")));
    screen.step(-1);
    assert_eq!(screen.marked_node(), Some(name("b")));
    screen.search = "sh of".into();
    screen.prepare();
    assert!(screen.incidents().is_empty());
}

proptest! {
    #[test]
    fn however_incidents_come_and_go_all_are_there_and_none_twice(
        told in prop::collection::vec((0_u8..4, 1_u8..4, 0_u8..3, 0_u8..3, any::<bool>()), 1..30)
    ) {
        let mut bus = Bus::new();
        let mut known = std::collections::BTreeSet::new();
        for (node, id, from, to, out) in told {
            let (from, to) = (format!("10.0.0.{from}:1"), format!("10.0.0.{to}:2"));
            let way = if out { ("outbound", from.as_str(), to.as_str()) } else { ("inbound", to.as_str(), from.as_str()) };
            bus.incident(&format!("n{node}"), &format!("i{id}"), 0, &[way]);
            known.insert(format!("n{node}/i{id}"));
        }
        let all: Vec<String> = bus.ids().iter().flat_map(|id| id.split('+').map(str::to_owned).collect::<Vec<_>>()).collect();
        let set: std::collections::BTreeSet<String> = all.iter().cloned().collect();
        prop_assert_eq!(all.len(), set.len());
        prop_assert_eq!(set, known);
    }

    #[test]
    fn whatever_a_node_sends_is_taken_or_counted(kind in "event|finding|incident|loss|status|x", field in "[a-z]{1,8}", number: i64) {
        let mut bus = Bus::new();
        bus.tell("a", json!({"type": kind, "time": number, field: number}));
        prop_assert_eq!(bus.fleet.bad(), 1);
        prop_assert!(bus.fleet.incidents().is_empty());
    }
}
