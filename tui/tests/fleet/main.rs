//! `fleet`: many nodes over a real server of NATS, as text, as JSON lines, and on a real terminal.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "../common/mod.rs"]
mod common;
#[path = "../nats/server.rs"]
#[allow(dead_code, reason = "the tests of the feed use all of it")]
mod server;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use ktrace_tui::export::rfc3339;
use ktrace_tui::feed::{BusOptions, Feed, Names, NatsSink, Origin, Outgoing, Room, Sort, StreamOptions};
use ktrace_tui::model::Time;
use serde_json::{Value, json};
use tokio::sync::mpsc::channel;

use common::terminal::Terminal;
use server::{LATE, Server, context};

const PROGRAM: &str = env!("CARGO_BIN_EXE_ktrace-tui");

fn runs() -> bool {
    common::privileged("nats-server")
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64
}

/// A node that sends what it is told to.
struct Node {
    feed: Feed,
    origin: Arc<Origin>,
    number: u64,
}

impl Node {
    fn new(server: &Server, name: &str) -> Node {
        Node::of(server.url(), name)
    }

    fn of(url: String, name: &str) -> Node {
        let (say, _said) = channel(16);
        let options = BusOptions {
            servers: vec![url.parse().unwrap()],
            creds: None,
            ca: None,
            identity: None,
            stream: StreamOptions { name: "KTRACE".to_owned(), replicas: 1, max_age: None, max_bytes: None },
            names: Names::of_cluster("c"),
            node: name.to_owned(),
        };
        let sink = NatsSink::start("nats", options, None, say.clone()).unwrap();
        let origin = Arc::new(Origin { node: name.to_owned(), boot: format!("boot-of-{name}"), run: 5 });
        Node { feed: Feed::start("nats", sink, Room::default(), say).unwrap(), origin, number: 0 }
    }

    fn sends(&mut self, sort: Sort, mut line: Value) {
        self.number += 1;
        let Origin { node, boot, run } = &*self.origin;
        let mark = json!({"type": sort.name(), "node": node, "boot": boot, "run": run, "seq": self.number});
        line.as_object_mut().unwrap().extend(mark.as_object().unwrap().clone());
        self.feed.offer(&Arc::new(Outgoing {
            sort,
            origin: Arc::clone(&self.origin),
            number: self.number,
            time: Time(now()),
            severity: None,
            class: None,
            line: line.to_string().into_boxed_str(),
        }));
    }

    /// An incident of one stage, which came or went over a connection.
    fn incident(&mut self, title: &str, who: &Value, (direction, local, remote): (&str, &str, &str)) {
        let time = rfc3339(Time(now()));
        let finding = json!({"time": time, "rule": "reverse_shell", "severity": "critical", "title": title});
        self.sends(Sort::Incident, json!({
            "id": "i1", "title": title, "severity": "critical", "first": time, "last": time,
            "stages": [{"stage": "command and control", "time": time, "process": who, "findings": [finding]}],
            "containers": [], "hosts": [&self.origin.node], "endpoints": [remote],
            "connections": [{"time": time, "process": {"pid": who["pid"], "start_time": who["start_time"], "exe": who["exe"]},
                "local": local, "remote": remote, "direction": direction, "protocol": "tcp"}],
        }));
    }

    fn ends(self) {
        let end = std::time::Instant::now() + LATE;
        self.feed.close(end);
        self.feed.join(end);
    }
}

/// The address of a server, and who asks.
fn as_user(server: &Server, user: &str, password: &str) -> String {
    server.url().replace("nats://", &format!("nats://{user}:{password}@"))
}

fn process(pid: u32, exe: &str, argv: &[&str]) -> Value {
    json!({"pid": pid, "start_time": "2026-11-26T11:00:00.123456789Z", "exe": exe, "argv": argv, "cwd": "/", "uid": 0,
        "container": null})
}

/// Two nodes that a connection joins, and a third to which nothing leads.
fn story(server: &Server) -> u64 {
    let (mut web, mut db, mut far) = (Node::new(server, "web-1"), Node::new(server, "db-2"), Node::new(server, "far"));
    let ssh = process(70, "/usr/bin/ssh", &["ssh", "10.0.0.2"]);
    web.incident("A shell goes on", &ssh, ("outbound", "10.0.0.1:40000", "10.0.0.2:22"));
    db.incident(
        "A shell comes in",
        &process(80, "/bin/bash", &["-bash"]),
        ("inbound", "10.0.0.2:22", "10.0.0.1:40000"),
    );
    far.incident("Something else", &process(90, "/bin/sh", &["sh"]), ("outbound", "10.0.0.9:40000", "10.0.0.2:22"));
    let time = rfc3339(Time(now()));
    db.sends(
        Sort::Event,
        json!({"time": time, "kind": "fork", "process": process(81, "/bin/bash", &["-bash"]),
        "parent": {"pid": 80, "start_time": "2026-11-26T11:00:00.123456789Z"}, "tid": 80}),
    );
    [web, db, far].into_iter().for_each(Node::ends);
    4
}

fn fleet(server: &Server, arguments: &[&str]) -> (Vec<String>, String) {
    let url = server.url();
    let output = Command::new(PROGRAM).args(["fleet", "--nats", &url]).args(arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let said = text(output.stderr);
    assert!(output.status.success(), "{said}");
    (text(output.stdout).lines().map(str::to_owned).collect(), said)
}

#[tokio::test]
async fn incidents_that_a_connection_joins_are_told_as_one() {
    if !runs() {
        return;
    }
    let server = Server::started("");
    let count = story(&server);
    server.holding(count).await;
    let (lines, _) = fleet(&server, &["--format", "json", "--duration", "3s"]);
    assert!(lines.iter().all(|line| line.starts_with("{\"type\":")), "{lines:#?}");
    let lines: Vec<Value> = lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |kind: &str| lines.iter().filter(|line| line["type"] == kind).collect::<Vec<_>>();
    let ids: Vec<_> = of("incident").iter().map(|incident| incident["id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids.len(), 2, "{ids:?}");
    let joined = of("incident").into_iter().find(|it| it["id"] == "c/web-1/i1+c/db-2/i1").unwrap();
    assert_eq!(joined["hosts"], json!(["c/web-1", "c/db-2"]));
    assert_eq!(joined["crossings"][0]["from"], json!({"node": "c/web-1", "process": "ssh (70)"}));
    assert_eq!(joined["crossings"][0]["to"], json!({"node": "c/db-2", "process": "bash (80)"}));
    let nodes: Vec<_> = of("status").iter().map(|node| (node["node"].clone(), node["missing"].clone())).collect();
    assert_eq!(nodes, [(json!("db-2"), json!(0)), (json!("far"), json!(0)), (json!("web-1"), json!(0))]);

    let (text, _) = fleet(&server, &["--format", "text", "--duration", "3s"]);
    assert!(
        text.iter().any(|line| line.contains("CRITICAL c/web-1 -> c/db-2: A shell goes on; A shell comes in")),
        "{text:#?}"
    );
    // Nothing of another cluster, and nothing of before.
    assert!(fleet(&server, &["--format", "text", "--duration", "2s", "--cluster", "d"]).0.is_empty());
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert!(fleet(&server, &["--format", "text", "--duration", "2s", "--since", "1s"]).0.is_empty());
}

#[tokio::test]
async fn what_is_no_line_of_the_node_that_sends_it_is_refused_and_said() {
    if !runs() {
        return;
    }
    let server = Server::started("");
    let count = story(&server);
    server.holding(count).await;
    let bus = context(&server.url()).await;
    let forged = r#"{"type":"finding","node":"web-1","boot":"x","run":1,"seq":1}"#;
    for (subject, payload) in
        [("ktrace.c.far.finding", forged), ("ktrace.c.far.event", "\u{1b}]0;x\u{7}"), ("ktrace.x", "{}")]
    {
        bus.publish(subject.to_owned(), payload.to_owned().into()).await.unwrap().await.unwrap();
    }
    let (_, said) = fleet(&server, &["--format", "text", "--duration", "3s"]);
    assert!(said.contains("1: it names another node than its subject does"), "{said}");
    assert!(
        said.contains("1: it is no line of an agent") && said.contains("1: its subject is none of an agent"),
        "{said}"
    );
    assert!(!said.contains('\u{1b}'));
}

#[tokio::test]
async fn a_reader_needs_no_more_than_the_page_says() {
    const PAGE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/FLEET.md"));
    if !runs() {
        return;
    }
    let user = PAGE.split("```").find_map(|part| part.trim().strip_prefix("{ user: reader, "));
    let user = user.unwrap().replace('…', "reader");
    let server = Server::started(&format!(
        "authorization {{ users: [ {{ user: node, password: \"node\" }}, {{ user: reader, {user} ] }}"
    ));
    let (whole, reader) = (as_user(&server, "node", "node"), as_user(&server, "reader", "reader"));
    let mut node = Node::of(whole, "web-1");
    node.incident("A shell", &process(70, "/bin/sh", &["sh"]), ("outbound", "10.0.0.1:40000", "10.0.0.2:22"));
    node.ends();
    let arguments = ["fleet", "--nats", &reader, "--format", "text", "--duration", "5s"];
    let output = Command::new(PROGRAM).args(arguments).output().unwrap();
    let (out, said) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && out.contains("c/web-1: A shell"), "{out}{said}");
}

#[test]
fn a_bus_that_is_not_there_is_told_in_a_line() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("nats://127.0.0.1:{port}");
    let output = Command::new(PROGRAM).args(["fleet", "--format", "json", "--nats", &url]).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.lines().count()), (Some(1), 1), "{said}");
    assert!(said.contains("no connection to 127.0.0.1"), "{said}");
}

#[tokio::test]
async fn on_a_terminal_a_node_is_entered_and_left_by_keys() {
    if !runs() {
        return;
    }
    let server = Server::started("");
    let count = story(&server);
    server.holding(count).await;
    for size in [(80, 24), (200, 50)] {
        let terminal = Terminal::start(&format!("{PROGRAM} fleet --nats {}", server.url()), size);
        terminal.shows("3 nodes");
        terminal.shows("c/web-1 → c/db-2");
        terminal.shows("ssh (70)");
        // Down to the stage on the second node, and into its tree: what forked there is below its maker.
        terminal.keys("/");
        terminal.types("shell");
        terminal.keys("Enter");
        terminal.shows_no("Something else");
        terminal.keys("Down Down Down");
        terminal.keys("Enter");
        terminal.shows("A shell comes in");
        terminal.shows("-bash");
        terminal.keys("5");
        terminal.shows("fork");
        terminal.keys("q");
        terminal.shows("3 nodes");
        // And that of the third, from the list of nodes.
        terminal.keys("Escape");
        terminal.shows("Something else");
        terminal.keys("q");
        terminal.ends();
    }
}

#[tokio::test]
async fn a_reverse_shell_on_this_node_is_seen_at_the_other_end_of_the_bus() {
    if !runs() {
        return;
    }
    let server = Server::started("");
    let url = server.url();
    let mut agent = Command::new(PROGRAM)
        .args(["agent", "--no-runtimes", "--nats", &url, "--node", "here", "--cluster", "c", "--duration", "60s"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(agent.stderr.take().unwrap()).lines();
    assert!(said.any(|line| line.is_ok_and(|line| line == "ready")));
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let script = format!("exec 5<>/dev/tcp/127.0.0.1/{port}; exec bash <&5 >&5 2>&5");
    let mut shell = Command::new("bash").args(["-c", &script]).stdin(Stdio::null()).spawn().unwrap();
    let (mut caller, _) = listener.accept().unwrap();
    caller.write_all(b"id\nexit\n").unwrap();
    caller.read_to_string(&mut String::new()).unwrap();
    shell.wait().unwrap();
    let pid = shell.id();
    let wanted = format!("bash ({pid})");
    let mut fleet = Command::new(PROGRAM)
        .args(["fleet", "--nats", &url, "--format", "json", "--duration", "30s"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(fleet.stdout.take().unwrap()).lines();
    let found = lines.find_map(|line| {
        let line: Value = serde_json::from_str(&line.ok()?).ok()?;
        (line["type"] == "incident" && line["stages"].to_string().contains(&wanted)).then_some(line)
    });
    // SAFETY: children of this test that nobody waited for.
    unsafe {
        libc::kill(agent.id() as i32, libc::SIGTERM);
        libc::kill(fleet.id() as i32, libc::SIGTERM);
    }
    agent.wait().unwrap();
    fleet.wait().unwrap();
    let found = found.expect("the reverse shell comes over the bus");
    assert_eq!((found["severity"].as_str(), found["hosts"].clone()), (Some("critical"), json!(["c/here"])));
}
