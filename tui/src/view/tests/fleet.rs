//! The screen of many nodes.

use insta::assert_snapshot;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use serde_json::json;

use super::*;
use crate::export::rfc3339;
use crate::fleet::{Line, NodeName, Screen};

/// Three nodes: an incident that goes from the one to the other, and one whose bus is troubled.
fn screen(size: (u16, u16), text: &str) -> Screen {
    let mut screen = Screen::new("nats://bus:4222 since 1h".into(), 0);
    (screen.size, screen.now) = (size, Time(NOON + 60_000_000_000));
    screen.keys = "Enter the node's tree  Tab nodes, incidents  / search  q quit".into();
    let time = |seconds: u64| rfc3339(Time(NOON + seconds * 1_000_000_000));
    let mut number = 0;
    let mut tell = |node: &str, body: serde_json::Value| {
        number += 1;
        let name = NodeName { cluster: "prod".into(), node: node.into() };
        let kept = Time(NOON + number * 1_000_000_000);
        screen.fleet.take(&Line { name, boot: "b".into(), run: 1, number, kept, body });
    };
    let incident = |at: u64, title: &str, exe: &str, ways: serde_json::Value| {
        let container = json!({"id": "0123456789abcdef", "name": "web", "pod": "web-7d9f", "namespace": "shop"});
        let process = json!({"pid": 4242, "start_time": time(0), "exe": exe, "argv": [exe], "container": container});
        let finding =
            json!({"time": time(at), "rule": "r", "severity": "critical", "title": format!("{text}{title}, by {exe}")});
        json!({"type": "incident", "id": "i1", "title": title, "severity": "critical", "first": time(at), "last": time(at),
            "stages": [{"stage": "command and control", "time": time(at), "process": process, "findings": [finding]}],
            "connections": ways})
    };
    let way = |direction: &str, local: &str, remote: &str| {
        json!([{"time": time(1), "process": {"pid": 7, "start_time": time(0), "exe": "/usr/bin/ssh"}, "local": local, "remote": remote,
            "direction": direction, "protocol": "tcp"}])
    };
    tell("web-1", incident(1, "Reverse shell", "/bin/bash", way("outbound", "10.0.0.1:40000", "10.0.0.2:22")));
    tell("db-2", incident(2, "Container escape", "/usr/bin/nsenter", way("inbound", "10.0.0.2:22", "10.0.0.1:40000")));
    tell(
        &format!("{text}quiet"),
        json!({"type": "status", "time": time(3), "topic": "nats", "health": "degraded", "text": "no route"}),
    );
    screen.refused = vec![("it names another node than its subject does".into(), 3)];
    screen.prepare();
    screen
}

fn drawn(screen: &Screen, theme: &Theme) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, screen.size.0, screen.size.1));
    draw_fleet(&mut buffer, screen, theme);
    buffer
}

#[test]
fn the_fleet_at_every_size_and_in_every_theme() {
    for size in [(80, 24), (120, 40), (200, 50)] {
        let screen = screen(size, "");
        assert_snapshot!(format!("fleet_{}x{}", size.0, size.1), every::text(&drawn(&screen, &Theme::dark())));
    }
    for (name, _) in crate::theme::EMBEDDED {
        let theme = Theme::load(name, None).unwrap().theme;
        let mut letters = std::collections::BTreeMap::new();
        let out = every::looks(&drawn(&screen((80, 24), ""), &theme), &mut letters);
        assert_snapshot!(format!("fleet_{name}"), format!("{out}{}", every::legend(letters)));
    }
}

#[test]
fn in_ascii_the_fleet_has_no_other_character() {
    let mut buffer = drawn(&screen((120, 40), ""), &Theme::dark());
    ascii(&mut buffer);
    assert!(every::text(&buffer).is_ascii(), "{}", every::text(&buffer));
}

proptest! {
    #[test]
    fn whatever_nodes_call_themselves_the_grid_holds(text in grid::text(), width in 1_u16..140, height in 1_u16..50) {
        grid::holds(&drawn(&screen((width, height), &text), &Theme::dark()))?;
    }
}
