//! Every file in `tests/scenarios` is a stream of events and what the model must know after it.
//!
//! `events` has one event a line: `TIME VERB WHO key=value…`, `#` begins a comment. Time is in milliseconds since
//! boot. A process is `PID` (started at tick PID) or `PID@TICK`. Verbs: `fork`, `exec`, `exit`, `move`, `net`, `seen`,
//! `vanished`, and without a process `container` and `loss`. A `net` value is an operation of `Net`. Groups are
//! `host`, `NAME.service` or `container:ID`.
//! `[limits]` bounds the model; `[[process]]`, `[[group]]` and `[totals]` are what is expected: only what is written
//! is compared.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

use std::collections::HashMap;
use std::sync::Arc;

use ktrace_tui::model::*;
use toml::{Table, Value};

#[test]
fn every_scenario_comes_out_as_it_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios");
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    names.retain(|name| name.extension().is_some_and(|it| it == "toml"));
    names.sort();
    assert!(names.len() >= 12, "scenarios are missing: {} found", names.len());
    let mut wrong = Vec::new();
    for name in names {
        let faults = run(&std::fs::read_to_string(&name).unwrap());
        wrong.extend(faults.into_iter().map(|fault| format!("{}: {fault}", name.display())));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_scenario_that_expects_nothing_or_something_unknown_fails() {
    assert_eq!(run("events = \"1 seen 1\"").len(), 1);
    assert_eq!(run("events = \"1 seen 1\"\n[[process]]\nid = \"1\"").len(), 1);
    assert_eq!(run("events = \"1 seen 1\"\n[[process]]\nid = \"1\"\nalive = false").len(), 1);
    assert_eq!(run("events = \"1 seen 1\"\n[[process]]\nid = \"1\"\nhat = \"red\"").len(), 1);
    assert_eq!(run("events = \"1 seen 1\"\n[totals]\nalive = 1"), Vec::<String>::new());
}

/// The expectations that do not hold.
fn run(text: &str) -> Vec<String> {
    let file: Table = text.parse().unwrap();
    let mut model = Model::new(limits(&file));
    for line in file["events"].as_str().unwrap().lines() {
        let line = line.split('#').next().unwrap().trim();
        if !line.is_empty() {
            model.apply(&event(line));
        }
    }
    let mut faults = Vec::new();
    let mut compared = 0;
    let mut compare = |what: &str, wanted: &Table, found: &dyn Fn(&str) -> Option<Value>| {
        for (key, value) in wanted.iter().filter(|(key, _)| *key != "id" && *key != "key") {
            compared += 1;
            match found(key) {
                Some(is) if is == *value => {}
                Some(is) => faults.push(format!("{what}: {key} is {is}, not {value}")),
                None => faults.push(format!("{what}: there is no expectation called {key}")),
            }
        }
    };
    for wanted in tables(&file, "process") {
        let id = wanted["id"].as_str().unwrap();
        compare(id, wanted, &|key| process_fact(&model, who(id), key));
    }
    for wanted in tables(&file, "group") {
        let name = wanted["key"].as_str().unwrap();
        compare(name, wanted, &|key| group_fact(&model, &group(name), key));
    }
    if let Some(wanted) = file.get("totals") {
        compare("totals", wanted.as_table().unwrap(), &|key| total(&model, key));
    }
    let known = ["about", "events", "limits", "process", "group", "totals"];
    faults.extend(file.keys().filter(|key| !known.contains(&key.as_str())).map(|key| format!("unknown table {key}")));
    if compared == 0 {
        faults.push("expects nothing".into());
    }
    faults
}

fn tables<'a>(file: &'a Table, name: &str) -> impl Iterator<Item = &'a Table> {
    file.get(name).into_iter().flat_map(|list| list.as_array().unwrap()).map(|it| it.as_table().unwrap())
}

fn limits(file: &Table) -> Limits {
    let mut limits = Limits::default();
    for (key, value) in file.get("limits").into_iter().flat_map(|it| it.as_table().unwrap()) {
        let value = value.as_integer().unwrap() as usize;
        match key.as_str() {
            "dead" => limits.dead = value,
            "connections" => limits.connections = value,
            "images" => limits.images = value,
            _ => panic!("there is no limit {key}"),
        }
    }
    limits
}

fn text(value: impl Into<String>) -> Value {
    Value::String(value.into())
}

fn number(value: u64) -> Value {
    Value::Integer(value as i64)
}

/// A process by the short form of its id.
fn short(id: Option<ProcessId>) -> Value {
    text(match id {
        None => "none".to_owned(),
        Some(id) if id.start.0 == u64::from(id.pid) => id.pid.to_string(),
        Some(id) => id.to_string(),
    })
}

fn process_fact(model: &Model, id: ProcessId, key: &str) -> Option<Value> {
    let found = model.process(id);
    if key == "kept" {
        return Some(Value::Boolean(found.is_some()));
    }
    let process = found?;
    let ids = |list: Vec<&Process>| {
        let mut list: Vec<_> = list.into_iter().map(|it| it.id).collect();
        list.sort();
        Value::Array(list.into_iter().map(|id| short(Some(id))).collect())
    };
    Some(match key {
        "alive" => Value::Boolean(process.alive()),
        "owns_pid" => Value::Boolean(model.by_pid(id.pid).is_some_and(|it| it.id == id)),
        "birth" => short(process.birth_parent),
        "parent" => short(process.parent),
        "lineage" => Value::Array(model.lineage(id).map(|it| short(Some(it.id))).collect()),
        "children" => ids(model.children(id).collect()),
        "born_of" => ids(model.born_of(id).collect()),
        "group" => text(name(&process.group)),
        "images" => Value::Array(process.images.iter().map(|it| text(it.exe.lossless())).collect()),
        "given" => text(process.image().map(|it| it.given.lossless()).unwrap_or_default()),
        "entered" => text(match model.entry(id) {
            None => "no".to_owned(),
            Some(entry) => {
                format!("{} by {} as {}", entry.call.map_or("?", |(_, call)| call), entry.by.id.pid, entry.first.id.pid)
            }
        }),
        "inherited" => Value::Boolean(process.inherited),
        "uid" => number(process.creds.uid.into()),
        "mnt" => number(process.namespaces.get(NsKind::Mnt).unwrap_or(0).into()),
        "born" => number(process.born.0 / 1_000_000),
        "exit" => text(match process.exit {
            None => "alive".to_owned(),
            Some((_, Exit { code: Some(code), .. })) => format!("code {code}"),
            Some((_, Exit { signal: Some(signal), .. })) => format!("signal {signal}"),
            Some(_) => "unseen".to_owned(),
        }),
        "doubt" => Value::Boolean(process.doubt),
        "connections" => Value::Array(process.connections.iter().map(|it| text(line(it))).collect()),
        _ => return None,
    })
}

fn line(it: &Connection) -> String {
    let end = |end: Option<std::net::SocketAddr>| end.map_or("?".to_owned(), |it| it.to_string());
    let state = match (it.closed, it.established) {
        (Some(_), _) => "closed",
        (None, true) => "open",
        (None, false) => "opening",
    };
    let (ends, way) = (format!("{} {}", end(it.local), end(it.remote)), it.direction.name());
    let bytes = it.sent.map(|sent| format!(" {sent}/{}", it.received.unwrap_or(0))).unwrap_or_default();
    format!("{} {way} {ends} {state}{bytes}", it.protocol.name())
}

fn group_fact(model: &Model, key: &GroupKey, fact: &str) -> Option<Value> {
    let found = model.group(key);
    if fact == "kept" {
        return Some(Value::Boolean(found.is_some()));
    }
    let group = found?;
    let told = group.container.as_ref().map(|it| &it.news);
    Some(match fact {
        "alive" => number(group.alive as u64),
        "seen" => number(group.seen),
        "name" => text(told.and_then(|it| it.name.clone()).unwrap_or_default()),
        _ => return None,
    })
}

fn total(model: &Model, key: &str) -> Option<Value> {
    let totals = model.totals();
    Some(number(match key {
        "events" => totals.events,
        "alive" => totals.alive as u64,
        "dead" => totals.dead as u64,
        "evicted" => totals.evicted,
        "lost" => totals.lost.values().sum(),
        "losses" => model.losses().len() as u64,
        _ => return None,
    }))
}

fn who(word: &str) -> ProcessId {
    let (pid, start) = word.split_once('@').unwrap_or((word, word));
    ProcessId { pid: pid.parse().unwrap(), start: Ticks(start.parse().unwrap()) }
}

fn group(word: &str) -> GroupKey {
    match word.strip_prefix("container:") {
        Some(id) => GroupKey::Container(id.into()),
        None if word == "host" => GroupKey::Host,
        None => GroupKey::Service(word.into()),
    }
}

fn name(key: &GroupKey) -> String {
    match key {
        GroupKey::Host => "host".to_owned(),
        GroupKey::Service(name) => name.to_string(),
        GroupKey::Container(id) => format!("container:{id}"),
    }
}

/// What stands behind the verb, by key; a key that nobody asks for is a fault of the scenario.
struct Words<'a>(HashMap<&'a str, &'a str>);

impl<'a> Words<'a> {
    fn take(&mut self, key: &str) -> Option<&'a str> {
        self.0.remove(key)
    }

    fn number(&mut self, key: &str) -> Option<u64> {
        self.take(key).map(|word| word.parse().unwrap())
    }

    fn process(&mut self, key: &str) -> Option<ProcessId> {
        self.take(key).map(who)
    }

    fn creds(&mut self) -> Creds {
        Creds { uid: self.number("uid").unwrap_or(0) as u32, ..Creds::default() }
    }

    fn namespaces(&mut self) -> Namespaces {
        let mut namespaces = Namespaces::default();
        namespaces.0[NsKind::Mnt as usize] = self.number("mnt").unwrap_or(0) as u32;
        namespaces
    }
}

fn event(line: &str) -> Event {
    let mut parts = line.split_whitespace();
    let time = Time(parts.next().unwrap().parse::<u64>().unwrap() * 1_000_000);
    let (verb, subject) = (parts.next().unwrap(), parts.next().unwrap());
    let mut words = Words(parts.map(|part| part.split_once('=').unwrap()).collect());
    let event = match verb {
        "container" => Event::Container(container(time, subject, &mut words)),
        "loss" => {
            let moment = |word: Option<u64>| Time(word.unwrap() * 1_000_000);
            let (from, to) = (moment(words.number("from")), moment(words.number("to")));
            Event::Loss(Loss { time, kind: LossKind::Exec, count: subject.parse().unwrap(), from, to, group: None })
        }
        _ => {
            let process = who(subject);
            let cgroup = words.take("in").map(|word| {
                let place = Place { key: group(word), ..Place::default() };
                Arc::new(Cgroup { id: 1, path: Text::from(word), place })
            });
            let kind = kind(verb, time, process, &mut words);
            Event::Process(ProcessEvent { time, process, tid: process.pid, cgroup, kind })
        }
    };
    assert!(words.0.is_empty(), "{line}: nobody reads {:?}", words.0);
    event
}

fn container(time: Time, id: &str, words: &mut Words<'_>) -> ContainerNews {
    let state = match words.take("state").unwrap() {
        "running" => ContainerState::Running,
        "exited" => ContainerState::Exited,
        other => panic!("there is no state {other}"),
    };
    ContainerNews { time, id: id.into(), name: words.take("name").map(Into::into), state, ..ContainerNews::default() }
}

fn image(time: Time, words: &mut Words<'_>, given: bool) -> Option<Image> {
    let exe = Text::from(words.take("exe")?);
    let given = if given { exe.file_name() } else { Text::default() };
    let args = words.take("args").map(|it| it.split(',').collect::<Args>());
    let argv = Argv { args: args.unwrap_or([&exe].into_iter().collect()), ..Argv::default() };
    Some(Image { time, exe, given, argv, cwd: Text::default(), unlinked: false })
}

fn kind(verb: &str, time: Time, process: ProcessId, words: &mut Words<'_>) -> Kind {
    let born = Time(process.start.0 * Ticks::NANOS);
    match verb {
        "fork" => {
            let maker = words.process("maker").unwrap();
            let parent = words.process("parent").unwrap_or(maker);
            Kind::Fork(Fork { maker, parent, ns_pid: process.pid, creds: words.creds() })
        }
        "exec" => Kind::Exec(Box::new(Exec {
            image: image(time, words, true).unwrap(),
            parent: words.process("parent"),
            ns_pid: process.pid,
            creds: words.creds(),
            caps: Caps::default(),
            namespaces: words.namespaces(),
            tty: Text::default(),
            stdio: Default::default(),
            file: None,
        })),
        "exit" => Kind::Exit(Exit {
            code: words.number("code").map(|it| it as u8),
            signal: words.number("signal").map(|it| it as u8),
            core: false,
            run_time: Some(1),
            heir: words.process("heir"),
        }),
        "move" => Kind::Move,
        "vanished" => Kind::Vanished,
        "net" => Kind::Net(Box::new(net(words))),
        "seen" => Kind::Seen(Box::new(Seen {
            parent: words.process("parent"),
            image: image(born, words, false),
            born,
            ns_pid: process.pid,
            creds: words.creds(),
            caps: Caps::default(),
            namespaces: words.namespaces(),
            tty: Text::default(),
            connections: words.take("open").into_iter().map(|ends| open(born, ends)).collect(),
            stdio: Default::default(),
            fifos: Vec::new(),
        })),
        _ => panic!("there is no verb {verb}"),
    }
}

/// An open TCP connection as /proc shows it: `local-remote`.
fn open(opened: Time, ends: &str) -> Connection {
    let (local, remote) = ends.split_once('-').unwrap();
    Connection {
        socket: 0,
        protocol: Protocol::Tcp,
        direction: Direction::Outbound,
        local: Some(local.parse().unwrap()),
        remote: Some(remote.parse().unwrap()),
        opened,
        established: true,
        closed: None,
        sent: None,
        received: None,
    }
}

fn net(words: &mut Words<'_>) -> Net {
    let (op, direction) = match words.take("op").unwrap() {
        "connect" => (NetOp::Connect, Direction::Outbound),
        "established" => (NetOp::Established, Direction::Outbound),
        "accept" => (NetOp::Accept, Direction::Inbound),
        "listen" => (NetOp::Listen, Direction::Listening),
        "close" => (NetOp::Close, Direction::Outbound),
        other => panic!("there is no operation {other}"),
    };
    Net {
        op,
        protocol: if words.take("udp").is_some() { Protocol::Udp } else { Protocol::Tcp },
        direction,
        local: words.take("local").map(|it| it.parse().unwrap()),
        remote: words.take("remote").map(|it| it.parse().unwrap()),
        socket: words.number("socket").unwrap(),
        sent: words.number("sent"),
        received: words.number("received"),
        error: None,
    }
}
