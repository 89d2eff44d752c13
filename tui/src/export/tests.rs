//! What a line promises, kind by kind, and that no bytes break one.
#![allow(clippy::unwrap_used, reason = "tests")]

mod properties;

use std::sync::Arc;

use serde_json::{Value, json};

use super::time::{Rfc3339, clock};
use super::{json, text};
use crate::model::*;

const BOOT: Time = Time(1_795_412_400_000_000_000);
const SHELL: ProcessId = ProcessId { pid: 100, start: Ticks(1_000) };
const CHILD: ProcessId = ProcessId { pid: 200, start: Ticks(2_000) };
const REAPER: ProcessId = ProcessId { pid: 1, start: Ticks(1) };
const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

/// A model that has seen what it writes, as every caller's has.
struct Told(Model);

impl Told {
    fn new() -> Told {
        let mut model = Model::default();
        model.apply(&Event::Boot(Boot { time: BOOT, ..Boot::default() }));
        Told(model)
    }

    fn json(&mut self, event: &Event) -> Value {
        self.0.apply(event);
        let mut out = Vec::new();
        json::write_event(&mut out, event, &self.0).unwrap();
        let line = String::from_utf8(out).unwrap();
        assert_eq!(line.matches('\n').count(), 1, "one line: {line:?}");
        assert!(line.ends_with('\n'));
        assert!(line.starts_with("{\"type\":\""), "`type` is first: {line}");
        serde_json::from_str(&line).unwrap()
    }

    fn text(&mut self, event: &Event) -> String {
        self.0.apply(event);
        let mut out = Vec::new();
        text::write_line(&mut out, event, &self.0).unwrap();
        String::from_utf8(out).unwrap()
    }
}

fn event(process: ProcessId, kind: Kind) -> Event {
    let time = Time(BOOT.0 + 60_123_456_789);
    Event::Process(ProcessEvent { time, process, tid: process.pid, cgroup: None, kind })
}

fn within(mut event: Event, path: &str, key: GroupKey, runtime: Option<Runtime>) -> Event {
    if let Event::Process(event) = &mut event {
        let place = Place { key, runtime, ..Place::default() };
        event.cgroup = Some(Arc::new(Cgroup { id: 77, path: path.into(), place }));
    }
    event
}

fn image(exe: &[u8], args: &[&[u8]], cwd: &[u8]) -> Image {
    let args = args.iter().map(|arg| Text::from(*arg)).collect();
    Image {
        time: BOOT,
        exe: exe.into(),
        given: exe.into(),
        argv: Argv { args, ..Argv::default() },
        cwd: cwd.into(),
        unlinked: false,
    }
}

fn exec_of(image: Image) -> Exec {
    Exec {
        image,
        parent: Some(SHELL),
        ns_pid: 7,
        creds: Creds { uid: 1000, gid: 1001, euid: 0, login_uid: None, session: Some(3) },
        caps: Caps { effective: 0x1ff_ffff_ffff, permitted: 0 },
        namespaces: Namespaces([11, 12, 13, 14, 15, 16, 17, 0]),
        tty: Text::default(),
        stdio: Default::default(),
        file: None,
    }
}

fn exec(image: Image) -> Event {
    event(CHILD, Kind::Exec(Box::new(exec_of(image))))
}

fn ls() -> Image {
    image(b"/bin/ls", &[b"ls", b"-l"], b"/")
}

fn fork(maker: ProcessId, parent: ProcessId) -> Event {
    let creds = Creds { uid: 5, ..Creds::default() };
    event(CHILD, Kind::Fork(Fork { maker, parent, ns_pid: 200, creds }))
}

fn net(op: NetOp, direction: Direction, local: Option<&str>, remote: Option<&str>) -> Net {
    let address = |address: &str| address.parse().unwrap();
    Net {
        op,
        protocol: Protocol::Tcp,
        direction,
        local: local.map(address),
        remote: remote.map(address),
        socket: 9,
        sent: None,
        received: None,
        error: None,
    }
}

fn on_net(net: Net) -> Event {
    event(CHILD, Kind::Net(Box::new(net)))
}

/// What a reader does to have the bytes again: `\xHH` is one byte, all else is itself.
fn decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let hex = rest.strip_prefix(b"\\x").and_then(|hex| std::str::from_utf8(hex.get(..2)?).ok());
        match hex.filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())) {
            Some(hex) => {
                out.push(u8::from_str_radix(hex, 16).unwrap());
                rest = &rest[4..];
            }
            None => {
                out.push(*first);
                rest = tail;
            }
        }
    }
    out
}

#[test]
fn a_moment_has_thirty_characters_whatever_it_is() {
    assert_eq!(Rfc3339(Time(0)).to_string(), "1970-01-01T00:00:00.000000000Z");
    assert_eq!(Rfc3339(Time(1_795_418_491_000_000_009)).to_string(), "2026-11-23T07:21:31.000000009Z");
    assert_eq!(Rfc3339(Time(u64::MAX)).to_string(), "2554-07-21T23:34:33.709551615Z");
    assert_eq!(clock(Time(1_795_418_491_999_999_999)), "07:21:31.999");
}

#[test]
fn an_exec_tells_program_arguments_ids_and_where_it_ran() {
    let line = Told::new().json(&exec(ls()));
    assert_eq!((&line["type"], &line["kind"]), (&json!("event"), &json!("exec")));
    assert_eq!(line["time"], "2026-11-23T05:41:00.123456789Z");
    let process = &line["process"];
    assert_eq!((&process["pid"], &process["start_time"]), (&json!(200), &json!("2026-11-23T05:40:20.000000000Z")));
    assert_eq!((&process["exe"], &process["argv"]), (&json!("/bin/ls"), &json!(["ls", "-l"])));
    assert_eq!((&process["cwd"], &process["uid"]), (&json!("/"), &json!(1000)));
    assert_eq!(process["container"], Value::Null);
    assert_eq!(line["parent"], json!({"pid": 100, "start_time": "2026-11-23T05:40:10.000000000Z"}));
    assert_eq!(line.get("present_parent"), None, "the parent is the one that made it");
    let exec = &line["exec"];
    assert_eq!((&exec["given"], &exec["argv_truncated"]), (&json!("/bin/ls"), &json!(false)));
    assert_eq!((&exec["gid"], &exec["euid"], &exec["login_uid"]), (&json!(1001), &json!(0), &Value::Null));
    assert_eq!((&exec["audit_session"], &exec["ns_pid"]), (&json!(3), &json!(7)));
    assert_eq!(exec["caps"], json!({"effective": "0x1ffffffffff", "permitted": "0x0"}));
    assert_eq!((&exec["namespaces"]["mnt"], &exec["namespaces"]["time"]), (&json!(11), &Value::Null));
    assert_eq!((&exec["tty"], &exec["cgroup"]), (&Value::Null, &Value::Null));
}

#[test]
fn an_exec_keeps_bytes_that_are_not_utf8() {
    let line = Told::new().json(&exec(image(b"/bin/\xff", &[b"a\xc3", b"\\xff", b""], b"/tmp/\x80")));
    assert_eq!(line["process"]["exe"], "/bin/\\xff");
    assert_eq!(line["process"]["argv"], json!(["a\\xc3", "\\x5cxff", ""]));
    assert_eq!(line["process"]["cwd"], "/tmp/\\x80");
}

#[test]
fn an_exec_tells_that_its_arguments_were_cut_or_unreadable_and_its_terminal() {
    let mut cut = exec_of(ls());
    (cut.image.argv.cut_from, cut.tty) = (Some(70_000), "pts/3".into());
    let line = Told::new().json(&event(CHILD, Kind::Exec(Box::new(cut))));
    assert_eq!((&line["exec"]["argv_truncated"], &line["exec"]["tty"]), (&json!(70_000), &json!("pts/3")));
    let mut unreadable = exec_of(image(b"/bin/ls", &[], b"/"));
    unreadable.image.argv.unreadable = true;
    let unreadable = event(CHILD, Kind::Exec(Box::new(unreadable)));
    let line = Told::new().json(&unreadable);
    assert_eq!((&line["exec"]["argv_unreadable"], &line["process"]["argv"]), (&json!(true), &json!([])));
    assert!(Told::new().text(&unreadable).contains("(arguments could not be read)"));
}

#[test]
fn a_fork_tells_the_child_and_who_made_it() {
    let mut told = Told::new();
    let line = told.json(&fork(SHELL, SHELL));
    assert_eq!(
        (&line["kind"], &line["process"]["pid"], &line["process"]["uid"]),
        (&json!("fork"), &json!(200), &json!(5))
    );
    assert_eq!(line["parent"]["pid"], 100);
    assert_eq!(line.get("present_parent"), None);
    assert_eq!(line.get("exec"), None);
}

#[test]
fn a_fork_for_another_parent_tells_both() {
    let line = Told::new().json(&fork(SHELL, REAPER));
    assert_eq!((&line["parent"]["pid"], &line["present_parent"]["pid"]), (&json!(100), &json!(1)));
}

#[test]
fn an_orphan_names_who_made_it_and_its_present_parent() {
    let mut told = Told::new();
    told.json(&fork(SHELL, SHELL));
    told.json(&event(SHELL, Kind::Exit(Exit { code: Some(0), heir: Some(REAPER), ..Exit::default() })));
    let line = told.json(&event(CHILD, Kind::Exit(Exit { code: Some(0), ..Exit::default() })));
    assert_eq!((&line["parent"]["pid"], &line["present_parent"]["pid"]), (&json!(100), &json!(1)));
}

#[test]
fn an_exit_tells_its_code_or_its_signal() {
    let mut told = Told::new();
    told.json(&exec(ls()));
    let code = Exit { code: Some(3), run_time: Some(1_500_000), ..Exit::default() };
    let line = told.json(&event(CHILD, Kind::Exit(code)));
    assert_eq!(line["exit"], json!({"code": 3, "signal": null, "core_dumped": false, "run_time": 1_500_000}));
    assert_eq!(line["process"]["exe"], "/bin/ls", "the dead are named");
    let signal = Exit { signal: Some(11), core: true, run_time: Some(2), ..Exit::default() };
    let line = told.json(&event(SHELL, Kind::Exit(signal)));
    assert_eq!(line["exit"], json!({"code": null, "signal": 11, "core_dumped": true, "run_time": 2}));
}

#[test]
fn an_end_that_nobody_saw_claims_nothing() {
    let line = Told::new().json(&event(CHILD, Kind::Vanished));
    assert_eq!(line["kind"], "vanished");
    assert_eq!(line["exit"], json!({"code": null, "signal": null, "core_dumped": false, "run_time": null}));
}

#[test]
fn a_stranger_has_no_ids_rather_than_those_of_root() {
    let connect = net(NetOp::Connect, Direction::Outbound, None, Some("10.0.0.1:443"));
    let line = Told::new().json(&on_net(connect));
    let process = &line["process"];
    assert_eq!((&process["uid"], &process["exe"], &process["cwd"]), (&Value::Null, &Value::Null, &Value::Null));
    assert_eq!((&process["argv"], &line["parent"]), (&json!([]), &Value::Null));
}

#[test]
fn a_connect_has_no_local_address_until_the_kernel_chose_one() {
    let connect = net(NetOp::Connect, Direction::Outbound, None, Some("10.0.0.1:443"));
    let line = Told::new().json(&on_net(connect));
    let endpoint = json!({"local": null, "remote": "10.0.0.1:443", "direction": "outbound", "protocol": "tcp",
        "bytes_sent": null, "bytes_received": null, "error": null});
    assert_eq!((&line["kind"], &line["endpoint"]), (&json!("connect"), &endpoint));
}

#[test]
fn a_close_counts_bytes_and_a_failed_connect_says_why() {
    let mut close = net(NetOp::Close, Direction::Inbound, Some("[::1]:80"), Some("[fe80::1]:999"));
    (close.sent, close.received) = (Some(12), Some(u64::MAX));
    let line = Told::new().json(&on_net(close.clone()));
    let endpoint = json!({"local": "[::1]:80", "remote": "[fe80::1]:999", "direction": "inbound", "protocol": "tcp",
        "bytes_sent": 12, "bytes_received": u64::MAX, "error": null});
    assert_eq!((&line["kind"], &line["endpoint"]), (&json!("close"), &endpoint));
    let said = Told::new().text(&on_net(close));
    assert!(said.contains("tcp [::1]:80 <- [fe80::1]:999, 12 bytes sent"), "{said}");
    let mut refused = net(NetOp::Close, Direction::Outbound, None, Some("10.0.0.1:1"));
    refused.error = Some(111);
    assert_eq!(Told::new().json(&on_net(refused))["endpoint"]["error"], 111);
}

#[test]
fn a_listen_has_a_local_address_alone() {
    let line = Told::new().json(&on_net(net(NetOp::Listen, Direction::Listening, Some("[::]:22"), None)));
    let endpoint = &line["endpoint"];
    assert_eq!((&line["kind"], &endpoint["direction"]), (&json!("listen"), &json!("listening")));
    assert_eq!((&endpoint["local"], &endpoint["remote"]), (&json!("[::]:22"), &Value::Null));
}

#[test]
fn a_move_tells_the_new_cgroup_and_its_service() {
    let group = GroupKey::Service("ssh.service".into());
    let moved = within(event(CHILD, Kind::Move), "/system.slice/ssh.service", group, None);
    let line = Told::new().json(&moved);
    assert_eq!(line["cgroup"], json!({"id": 77, "path": "/system.slice/ssh.service"}));
    assert_eq!((&line["process"]["service"], &line["process"]["container"]), (&json!("ssh.service"), &Value::Null));
    assert!(Told::new().text(&moved).contains("ssh.service           to /system.slice/ssh.service"));
}

#[test]
fn a_container_is_told_by_its_id_until_its_runtime_names_it() {
    let mut told = Told::new();
    let inside = within(exec(ls()), "/docker/0123", GroupKey::Container(ID.into()), Some(Runtime::Docker));
    let bare = json!({"id": ID, "name": null, "image": null, "runtime": "docker", "pod": null, "namespace": null, "role": null});
    assert_eq!(told.json(&inside)["process"]["container"], bare);
    assert!(told.text(&inside).contains("  0123456789ab  "));
    told.0.apply(&Event::Container(ContainerNews {
        id: ID.to_owned(),
        name: Some("web".to_owned()),
        image: Some("nginx:1".to_owned()),
        pod: Some("web-0".to_owned()),
        role: Some(Role::Init),
        namespace: Some("shop".to_owned()),
        runtime: Some(Runtime::Containerd),
        ..ContainerNews::default()
    }));
    let named = json!({"id": ID, "name": "web", "image": "nginx:1", "runtime": "containerd", "pod": "web-0",
        "namespace": "shop", "role": "init"});
    assert_eq!(told.json(&inside)["process"]["container"], named);
    let later = event(CHILD, Kind::Exit(Exit::default()));
    assert_eq!(told.json(&later)["process"]["container"], named, "also where the event names no cgroup");
    assert!(told.text(&inside).contains("  web  "));
}

fn seen(image: Option<Image>) -> Event {
    let Exec { creds, caps, namespaces, .. } = exec_of(ls());
    let seen = Seen {
        parent: Some(SHELL),
        image,
        born: BOOT,
        ns_pid: 4,
        creds,
        caps,
        namespaces,
        tty: Text::default(),
        connections: Vec::new(),
        stdio: Default::default(),
        fifos: Vec::new(),
    };
    event(CHILD, Kind::Seen(Box::new(seen)))
}

#[test]
fn a_process_found_in_proc_tells_what_an_exec_tells() {
    let line = Told::new().json(&seen(Some(ls())));
    assert_eq!((&line["kind"], &line["exec"]["ns_pid"]), (&json!("seen"), &json!(4)));
    assert_eq!((&line["process"]["exe"], &line["parent"]["pid"]), (&json!("/bin/ls"), &json!(100)));
    let keys = |line: &Value| line["exec"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(&line), keys(&Told::new().json(&exec(ls()))));
}

#[test]
fn a_kernel_thread_runs_no_program() {
    let line = Told::new().json(&seen(None));
    assert_eq!((line.get("exec"), &line["process"]["exe"]), (None, &Value::Null));
}

#[test]
fn a_loss_says_how_much_of_what_and_when() {
    let loss = Event::Loss(Loss {
        time: BOOT,
        kind: LossKind::Exec,
        count: 5,
        from: Time(BOOT.0 - 1),
        to: Time(BOOT.0 + 1),
        group: None,
    });
    let line = Told::new().json(&loss);
    let expected = json!({"type": "loss", "time": "2026-11-23T05:40:00.000000000Z", "kind": "exec", "count": 5,
        "from": "2026-11-23T05:39:59.999999999Z", "to": "2026-11-23T05:40:00.000000001Z"});
    assert_eq!(line, expected);
    assert_eq!(Told::new().text(&loss), "05:40:00.000  LOSS  5 exec records did not arrive\n");
}

#[test]
fn a_status_says_which_part_and_how_it_is() {
    let status = Status { time: BOOT, topic: "docker".to_owned(), health: Health::Degraded, text: "a\nb".to_owned() };
    let line = Told::new().json(&Event::Status(status));
    let expected = json!({"type": "status", "time": "2026-11-23T05:40:00.000000000Z", "topic": "docker",
        "health": "degraded", "text": "a\nb"});
    assert_eq!(line, expected);
}

#[test]
fn a_boot_and_container_news_have_no_line() {
    for event in [Event::Boot(Boot::default()), Event::Container(ContainerNews::default())] {
        let mut out = Vec::new();
        json::write_event(&mut out, &event, &Model::default()).unwrap();
        text::write_line(&mut out, &event, &Model::default()).unwrap();
        assert!(out.is_empty(), "{event:?}");
    }
}
