//! Shells on the network and what looks like them, from events alone.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::sync::Arc;

use crate::detect::{Detector, Severity};
use crate::model::{
    Act, Argv, Creds, Deed, Descriptor, DescriptorCall, Direction, Endpoint, Event, Exec, Exit, Fork, Image, Kind,
    Model, Net, NetOp, Opened, ProcessEvent, ProcessId, Protocol, Relay, Seen, Target, Text, Ticks, Time, UnixEnd,
};

const PEER: &str = "203.0.113.9:4444";

struct Node {
    model: Model,
    detector: Detector,
    now: u64,
    found: Vec<(String, Severity, u32)>,
    attention: Vec<ProcessId>,
}

fn id(pid: u32) -> ProcessId {
    ProcessId { pid, start: Ticks(u64::from(pid)) }
}

fn socket(direction: Direction, owner: u32) -> Option<Descriptor> {
    let endpoint = Endpoint {
        socket: 77,
        protocol: Some(Protocol::Tcp),
        direction: Some(direction),
        owner: Some(id(owner)),
        local: Some("10.0.0.2:40000".parse().unwrap()),
        remote: Some(PEER.parse().unwrap()),
    };
    Some(Descriptor { to: Target::Socket(Arc::new(endpoint)), inode: 7, device: 8, read: true, write: true })
}

/// One end of a pipe, made by `maker`.
fn pipe(inode: u64, write: bool, maker: u32) -> Option<Descriptor> {
    Some(Descriptor { to: Target::Pipe(Some(id(maker))), inode, device: 13, read: !write, write })
}

fn null() -> Option<Descriptor> {
    Some(Descriptor { to: Target::Null, inode: 5, device: 5, read: true, write: true })
}

impl Node {
    fn new() -> Node {
        let detector = Detector::new(Vec::new());
        Node { model: Model::default(), detector, now: 1_000, found: Vec::new(), attention: Vec::new() }
    }

    fn tell(&mut self, pid: u32, kind: Kind) {
        self.now += 1_000_000;
        let process = ProcessEvent { time: Time(self.now), process: id(pid), tid: pid, cgroup: None, kind };
        let event = Event::Process(process);
        self.model.apply(&event);
        let news = self.detector.observe(&event, &self.model);
        self.attention.extend(news.attention);
        for number in news.findings {
            let finding = self.detector.finding(number).unwrap();
            assert!(!finding.why.is_empty(), "{} says why", finding.rule.id);
            self.found.push((finding.rule.id.clone(), finding.severity, finding.process.pid));
        }
    }

    fn fork(&mut self, pid: u32, maker: u32) {
        let fork = Fork { maker: id(maker), parent: id(maker), ns_pid: pid, creds: Creds::default() };
        self.tell(pid, Kind::Fork(fork));
    }

    fn image(&self, command: &str) -> Image {
        let exe = command.split(' ').next().unwrap();
        let name = exe.rsplit('/').next().unwrap();
        Image {
            time: Time(self.now),
            exe: exe.into(),
            given: exe.into(),
            argv: Argv { args: [name].into_iter().chain(command.split(' ').skip(1)).collect(), ..Argv::default() },
            cwd: Text::default(),
            unlinked: false,
        }
    }

    /// It was there before anything was recorded.
    fn seen(&mut self, pid: u32, exe: &str, stdio: [Option<Descriptor>; 3]) {
        let seen = Seen {
            parent: Some(id(1)),
            image: Some(self.image(exe)),
            born: Time(1),
            ns_pid: pid,
            creds: Creds::default(),
            caps: Default::default(),
            namespaces: Default::default(),
            tty: Text::default(),
            connections: Vec::new(),
            stdio,
            fifos: Vec::new(),
        };
        self.tell(pid, Kind::Seen(Box::new(seen)));
    }

    fn exit(&mut self, pid: u32) {
        let exit = Exit { code: Some(0), signal: None, core: false, run_time: Some(1), heir: None };
        self.tell(pid, Kind::Exit(exit));
    }

    fn exec(&mut self, pid: u32, command: &str, stdio: [Option<Descriptor>; 3]) {
        let image = self.image(command);
        let exec = Exec {
            image,
            parent: None,
            ns_pid: pid,
            creds: Creds::default(),
            caps: Default::default(),
            namespaces: Default::default(),
            tty: Text::default(),
            stdio,
            file: None,
        };
        self.tell(pid, Kind::Exec(Box::new(exec)));
    }

    fn connects(&mut self, pid: u32, direction: Direction) {
        let net = Net {
            op: if direction == Direction::Inbound { NetOp::Accept } else { NetOp::Established },
            protocol: Protocol::Tcp,
            direction,
            local: Some("10.0.0.2:40000".parse().unwrap()),
            remote: Some(PEER.parse().unwrap()),
            socket: 77,
            sent: None,
            received: None,
            error: None,
        };
        self.tell(pid, Kind::Net(Box::new(net)));
    }

    fn act(&mut self, pid: u32, what: Deed) {
        self.tell(pid, Kind::Act(Box::new(Act { error: None, observer: None, what })));
    }

    fn has(&self, rule: &str, severity: Severity) -> bool {
        self.found.iter().any(|(id, how, _)| id == rule && *how == severity)
    }

    fn worst(&self) -> Option<Severity> {
        self.found.iter().map(|(_, severity, _)| *severity).max()
    }
}

#[test]
fn whoever_runs_on_a_connection_that_was_opened_from_here_is_a_reverse_shell_under_any_name() {
    let mut node = Node::new();
    node.fork(10, 1);
    node.exec(10, "/opt/updater", std::array::from_fn(|_| socket(Direction::Outbound, 10)));
    assert!(node.has("reverse_shell", Severity::Critical));
}

#[test]
fn the_streams_may_be_put_there_after_the_exec() {
    let mut node = Node::new();
    node.fork(10, 1);
    node.exec(10, "/usr/bin/python3 x.py", [null(), null(), null()]);
    for fd in [0, 1] {
        let now = socket(Direction::Outbound, 10).unwrap();
        node.act(10, Deed::Descriptor { fd, how: DescriptorCall::Dup, now });
    }
    assert!(node.has("reverse_shell", Severity::Critical));
}

#[test]
fn a_shell_and_its_commands_are_one_finding() {
    let mut node = Node::new();
    let stdio = || std::array::from_fn(|_| socket(Direction::Outbound, 10));
    node.fork(10, 1);
    node.exec(10, "/bin/sh -i", stdio());
    for pid in 11..20 {
        node.fork(pid, 10);
        node.exec(pid, "/usr/bin/id", stdio());
    }
    assert_eq!(node.found.len(), 1, "{:?}", node.found);
}

#[test]
fn a_loop_through_a_named_pipe_is_found_whatever_comes_first() {
    let fifo = |write: bool| Opened { inode: 9, device: 3, mode: 0o010_644, read: !write, write, ..Opened::default() };
    let mut node = Node::new();
    for pid in [11, 12, 13] {
        node.fork(pid, 1);
    }
    node.exec(11, "/bin/cat f", [null(), pipe(100, true, 1), null()]);
    node.act(11, Deed::Open(Box::new(fifo(false))));
    node.exec(12, "/bin/sh -i", [pipe(100, false, 1), pipe(101, true, 1), pipe(101, true, 1)]);
    let out = Descriptor { to: Target::Fifo, inode: 9, device: 3, read: false, write: true };
    node.exec(13, "/opt/nc 203.0.113.9 4444", [pipe(101, false, 1), Some(out), null()]);
    assert_eq!(node.found, [], "nobody is connected yet");
    node.connects(13, Direction::Outbound);
    assert!(node.has("reverse_shell", Severity::Critical), "{:?}", node.found);
}

#[test]
fn two_that_read_from_one_pipe_do_not_lead_to_each_other() {
    let mut node = Node::new();
    for pid in [10, 11, 12] {
        node.fork(pid, 1);
    }
    // ssh made both pipes and has no connection of its own: its proxy stands on the same ends as the shell around it.
    node.exec(11, "/bin/sh", [pipe(100, false, 10), pipe(101, true, 10), null()]);
    node.exec(12, "/usr/bin/nc host 22", [pipe(100, false, 10), pipe(101, true, 10), null()]);
    node.connects(12, Direction::Outbound);
    assert_eq!(node.found, []);
}

#[test]
fn an_agent_that_pipes_jobs_into_a_shell_is_medium_until_it_is_seen_to_relay() {
    let mut node = Node::new();
    node.fork(10, 1);
    node.exec(10, "/usr/bin/agent", [null(), null(), null()]);
    node.connects(10, Direction::Outbound);
    node.fork(11, 10);
    node.exec(11, "/bin/bash", [pipe(100, false, 10), pipe(101, true, 10), pipe(101, true, 10)]);
    assert_eq!(node.worst(), Some(Severity::Medium));
    let relay = Relay { socket: 77, into: 100, inward: 1, outward: 1, ..Relay::default() };
    node.act(10, Deed::Relay(relay));
    assert_eq!(node.worst(), Some(Severity::Medium), "a job in, a log out");
    node.act(10, Deed::Relay(Relay { inward: 3, inward_exact: 2, outward: 3, outward_exact: 2, ..relay }));
    assert!(node.has("reverse_shell", Severity::Critical));
}

#[test]
fn whoever_may_relay_is_looked_at_closely_and_once() {
    let mut node = Node::new();
    node.fork(10, 1);
    node.exec(10, "/usr/bin/agent", [null(), null(), null()]);
    node.connects(10, Direction::Outbound);
    for pid in [20, 21] {
        node.fork(pid, 10);
        node.exec(pid, "/bin/sh", [pipe(100, false, 10), pipe(101, true, 10), pipe(101, true, 10)]);
    }
    assert_eq!(node.attention, [id(10)]);
}

#[test]
fn commands_that_are_gone_when_their_output_is_sent_are_a_shell_all_the_same() {
    let mut node = Node::new();
    node.fork(10, 1);
    node.exec(10, "/opt/agent", [null(), null(), null()]);
    node.connects(10, Direction::Outbound);
    for (pid, command) in [(20, "/bin/sh -c id"), (21, "/bin/sh -c w")] {
        node.fork(pid, 10);
        node.exec(pid, command, [null(), pipe(u64::from(pid), true, 10), null()]);
        node.exit(pid);
    }
    let relay = Relay { socket: 77, outward: 2, answered: 2, ..Relay::default() };
    node.act(10, Deed::Relay(Relay { answered: 1, ..relay }));
    assert_eq!(node.worst(), None, "one answer may be chance");
    node.act(10, Deed::Relay(relay));
    assert_eq!(node.worst(), Some(Severity::Medium), "wrapped in a protocol: it may be an agent that runs jobs");
    node.act(10, Deed::Relay(Relay { outward_exact: 2, ..relay }));
    assert!(node.has("commands_over_connection", Severity::High), "the very bytes");
}

#[test]
fn a_shell_that_was_there_before_is_found() {
    let mut node = Node::new();
    let stdio = std::array::from_fn(|_| socket(Direction::Outbound, 10));
    node.seen(10, "/bin/bash", stdio);
    assert!(node.has("reverse_shell", Severity::Critical));
    let mut node = Node::new();
    node.seen(10, "/usr/sbin/sshd", [null(), null(), null()]);
    node.connects(10, Direction::Inbound);
    node.seen(11, "/bin/bash", [pipe(100, false, 10), pipe(101, true, 10), null()]);
    assert_eq!(node.worst(), None, "whether somebody logged in was not seen");
}

#[test]
fn a_script_of_an_agent_is_nothing() {
    let mut node = Node::new();
    node.fork(10, 1);
    node.exec(10, "/usr/bin/agent", [null(), null(), null()]);
    node.connects(10, Direction::Outbound);
    for (pid, command) in [(11, "/bin/bash -e job.sh"), (12, "/usr/bin/git fetch"), (13, "/bin/sh -c uptime")] {
        node.fork(pid, 10);
        node.exec(pid, command, [pipe(100, false, 10), pipe(101, true, 10), pipe(101, true, 10)]);
    }
    assert_eq!(node.found, []);
}

#[test]
fn a_shell_behind_a_socket_pair_is_followed_to_the_connection() {
    let end = |socket: u64, peer: u64| {
        let to = Target::Unix(UnixEnd { socket, peer, process: Some(id(10)) });
        Some(Descriptor { to, inode: socket, device: 8, read: true, write: true })
    };
    let mut node = Node::new();
    node.fork(10, 1);
    node.exec(10, "/opt/relay", [null(), null(), null()]);
    node.fork(11, 10);
    node.exec(11, "/bin/sh", [end(1, 2), end(1, 2), end(1, 2)]);
    assert_eq!(node.found, []);
    node.connects(10, Direction::Outbound);
    assert!(node.has("reverse_shell", Severity::Medium));
}

#[test]
fn a_shell_on_an_accepted_connection_is_a_bind_shell_and_a_handler_is_not() {
    let mut node = Node::new();
    node.fork(10, 1);
    node.exec(10, "/bin/sh /srv/handler.sh", std::array::from_fn(|_| socket(Direction::Inbound, 9)));
    node.fork(12, 10);
    node.exec(12, "/bin/date", std::array::from_fn(|_| socket(Direction::Inbound, 9)));
    assert_eq!(node.found, []);
    node.fork(20, 1);
    node.exec(20, "/bin/sh -i", std::array::from_fn(|_| socket(Direction::Inbound, 9)));
    assert!(node.has("bind_shell", Severity::Critical));
}

#[test]
fn a_renamed_shell_on_an_accepted_connection_is_known_by_its_commands() {
    let mut node = Node::new();
    let stdio = || std::array::from_fn(|_| socket(Direction::Inbound, 9));
    node.fork(10, 1);
    node.exec(10, "/opt/helper", stdio());
    assert_eq!(node.found, []);
    for (pid, command) in [(11, "/usr/bin/id"), (12, "/bin/uname -a")] {
        node.fork(pid, 10);
        node.exec(pid, command, stdio());
    }
    assert!(node.has("bind_shell", Severity::High), "{:?}", node.found);
}

#[test]
fn a_login_is_no_bind_shell() {
    let mut node = Node::new();
    node.fork(10, 1);
    node.exec(10, "/usr/sbin/sshd -D", [null(), null(), null()]);
    let shadow = Opened { path: "/etc/shadow".into(), read: true, ..Opened::default() };
    node.act(10, Deed::Open(Box::new(shadow)));
    node.fork(11, 10);
    node.exec(11, "/bin/bash", std::array::from_fn(|_| socket(Direction::Inbound, 10)));
    assert_eq!(node.found, []);
}

#[test]
fn code_that_is_piped_into_an_interpreter_is_told_apart_from_data_for_a_script() {
    let mut node = Node::new();
    for pid in [10, 11, 12, 13] {
        node.fork(pid, 1);
    }
    node.exec(10, "/usr/bin/curl -s http://x", [null(), pipe(100, true, 1), null()]);
    node.connects(10, Direction::Outbound);
    node.exec(12, "/usr/bin/python3 -c code", [pipe(100, false, 1), null(), null()]);
    assert_eq!(node.found, []);
    node.exec(11, "/bin/sh", [pipe(100, false, 1), null(), null()]);
    assert_eq!(node.found, [("remote_code_piped".to_owned(), Severity::Medium, 11)]);
}

#[test]
fn commands_whose_output_is_the_connection_are_a_loop() {
    let mut node = Node::new();
    node.fork(10, 1);
    node.exec(10, "/opt/implant", [null(), null(), null()]);
    for (pid, command) in [(11, "/bin/sh -c id"), (12, "/bin/sh -c ls")] {
        node.fork(pid, 10);
        node.exec(pid, command, [null(), socket(Direction::Outbound, 10), socket(Direction::Outbound, 10)]);
    }
    assert!(node.has("commands_over_connection", Severity::High), "{:?}", node.found);
    let told: Vec<_> = node.found.iter().map(|(rule, _, pid)| (rule.as_str(), *pid)).collect();
    assert_eq!(told, [("output_sent", 11), ("commands_over_connection", 10)], "the second makes it a loop of 10");
}

#[test]
fn ordinary_processes_have_no_chain_to_show() {
    let mut node = Node::new();
    node.fork(10, 1);
    node.exec(10, "/bin/sh", [null(), null(), null()]);
    let process = node.model.process(id(10)).unwrap();
    assert_eq!(node.detector.explain(process, &node.model), []);
    node.exec(10, "/bin/sh", [socket(Direction::Outbound, 10), null(), null()]);
    let process = node.model.process(id(10)).unwrap();
    let chains = node.detector.explain(process, &node.model);
    let parts: Vec<bool> = chains[0].parts.iter().map(|part| part.seen.is_some()).collect();
    assert_eq!((chains[0].rule, parts), ("reverse_shell", vec![true, false, true]));
}
