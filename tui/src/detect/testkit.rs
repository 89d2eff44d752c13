//! What the tests of behaviours share: a small node that runs a runtime and containers, and what is found on it.

use std::sync::Arc;

use crate::detect::{Detector, Finding, Severity};
use crate::model::{
    Act, Argv, Boot, Caps, Cgroup, ContainerNews, ContainerState, Creds, Deed, Direction, Event, Exec, Exit, Fork,
    GroupKey, Image, ImageFile, Kind, Model, NameCall, NamespaceCall, Namespaces, Naming, Net, NetOp, Opened, Place,
    ProcessEvent, ProcessId, Protocol, Seen, Text, Ticks, Time,
};

pub(super) const HOST: Namespaces = Namespaces([11, 12, 13, 14, 15, 16, 17, 18]);
pub(super) const WEB: &str = "3f2a9c1b4d5e8f70112233445566778899aabbccddeeff00112233445566aabb";
pub(super) const DB: &str = "b81c77d02e4411223344556677889900aabbccddeeff00112233445566778899";
pub(super) const FULL: u64 = (1 << 41) - 1;
pub(super) const DOCKER: u64 = 0xa804_25fb;
/// File systems: the host's disk, and the overlay of a container.
pub(super) const DISK: u32 = 8 << 20 | 1;
pub(super) const OVERLAY: u32 = 77;

/// Own namespaces of a container; user and time are the host's.
pub(super) const fn own(n: u32) -> Namespaces {
    Namespaces([n + 1, n + 2, n + 3, n + 4, n + 5, n + 6, 17, 18])
}

pub(super) fn inside(id: &str) -> GroupKey {
    GroupKey::Container(id.into())
}

/// A file that is opened to read it.
pub(super) fn reading(path: &str) -> Deed {
    Deed::Open(Box::new(Opened { path: path.into(), inside: path.into(), read: true, ..Opened::default() }))
}

/// A file that is opened to write it; with its path on the host, where it is the host's.
pub(super) fn writing(path: &str, host: Option<&str>) -> Deed {
    let (path, host) = (Text::from(path), host.map(Text::from));
    Deed::Open(Box::new(Opened { inside: path.clone(), path, host, write: true, ..Opened::default() }))
}

/// A name that is made, changed or taken away.
pub(super) fn naming(how: NameCall, from: &str, path: &str) -> Deed {
    Deed::Name(Box::new(Naming { how, path: path.into(), from: from.into(), ..Naming::default() }))
}

/// The node: events go through the model to the detector.
pub(super) struct Node {
    pub(super) model: Model,
    pub(super) detector: Detector,
    now: u64,
    /// What a test is about; nothing for everything.
    rules: &'static [&'static str],
    pub(super) found: Vec<Finding>,
    /// Every event, for whoever else is to see them.
    pub(super) told: Vec<Event>,
    /// Capabilities and ids of the next exec.
    pub(super) caps: u64,
    pub(super) uid: u32,
}

pub(super) fn id(pid: u32) -> ProcessId {
    ProcessId { pid, start: Ticks(u64::from(pid)) }
}

pub(super) fn image(exe: &str) -> Image {
    let args = exe.split(' ').collect();
    let path = exe.split(' ').next().unwrap_or_default();
    let argv = Argv { args, ..Argv::default() };
    Image { time: Time(0), exe: path.into(), given: path.into(), argv, cwd: "/".into(), unlinked: false }
}

pub(super) fn disk_file() -> ImageFile {
    ImageFile { device: DISK, inode: 5, mode: 0o100_755, ..ImageFile::default() }
}

pub(super) fn overlay_file() -> ImageFile {
    ImageFile { device: OVERLAY, inode: 6, mode: 0o100_755, fs: 0x794c_7630, ..ImageFile::default() }
}

impl Node {
    /// A host with init, a shell, containerd (30) and its shim (31).
    pub(super) fn new() -> Node {
        let (model, detector) = (Model::default(), Detector::new(Vec::new()));
        let mut node = Node {
            model,
            detector,
            now: 1_000_000_000,
            rules: &[],
            found: Vec::new(),
            told: Vec::new(),
            caps: FULL,
            uid: 0,
        };
        node.give(&Event::Boot(Boot { namespaces: HOST, ..Boot::default() }));
        node.seen(1, 0, "/sbin/init", HOST, GroupKey::Host);
        node.seen(2, 0, "", HOST, GroupKey::Host);
        node.seen(20, 1, "/usr/bin/bash", HOST, GroupKey::Host);
        node.seen(30, 1, "/usr/bin/containerd", HOST, GroupKey::Service("containerd.service".into()));
        node.seen(31, 30, "/usr/bin/shim", HOST, GroupKey::Service("containerd.service".into()));
        node
    }

    /// Keeps what is found by these rules only: the same act may be several things.
    pub(super) fn only(mut self, rules: &'static [&'static str]) -> Node {
        self.rules = rules;
        self
    }

    pub(super) fn give(&mut self, event: &Event) {
        self.told.push(event.clone());
        self.model.apply(event);
        let news = self.detector.observe(event, &self.model);
        let found = news.findings.iter().filter_map(|&number| self.detector.finding(number));
        let rules = self.rules;
        let asked = |finding: &&Finding| rules.is_empty() || rules.contains(&finding.rule.id.as_str());
        self.found.extend(found.filter(asked).cloned());
    }

    pub(super) fn tell(&mut self, pid: u32, group: Option<GroupKey>, kind: Kind) {
        self.now += 1_000_000;
        let cgroup = group.map(|key| {
            Arc::new(Cgroup { id: 1, path: "/some/cgroup".into(), place: Place { key, ..Place::default() } })
        });
        let (time, process) = (Time(self.now), id(pid));
        self.give(&Event::Process(ProcessEvent { time, process, tid: pid, cgroup, kind }));
    }

    fn creds(&self) -> Creds {
        Creds { uid: self.uid, gid: self.uid, euid: self.uid, ..Creds::default() }
    }

    fn sets(&self) -> Caps {
        Caps { effective: self.caps, permitted: self.caps }
    }

    pub(super) fn seen(&mut self, pid: u32, parent: u32, exe: &str, namespaces: Namespaces, group: GroupKey) {
        let seen = Seen {
            parent: (parent != 0).then(|| id(parent)),
            image: (!exe.is_empty()).then(|| image(exe)),
            born: Time(u64::from(pid)),
            ns_pid: pid,
            creds: self.creds(),
            caps: self.sets(),
            namespaces,
            tty: Text::default(),
            connections: Vec::new(),
            stdio: Default::default(),
            fifos: Vec::new(),
        };
        self.tell(pid, Some(group), Kind::Seen(Box::new(seen)));
    }

    pub(super) fn fork(&mut self, pid: u32, maker: u32) {
        let group = self.model.process(id(maker)).map(|maker| maker.group.clone()).unwrap_or_default();
        self.fork_into(pid, maker, group);
    }

    pub(super) fn fork_into(&mut self, pid: u32, maker: u32, group: GroupKey) {
        let creds = self.creds();
        self.tell(pid, Some(group), Kind::Fork(Fork { maker: id(maker), parent: id(maker), ns_pid: pid, creds }));
    }

    /// A program that is run in the namespaces that the process is in; of the overlay in a container, else of the disk.
    pub(super) fn exec(&mut self, pid: u32, exe: &str) {
        let namespaces = self.model.process(id(pid)).map(|it| it.namespaces).unwrap_or_default();
        let file = if namespaces.0[0] == HOST.0[0] { disk_file() } else { overlay_file() };
        self.exec_as(pid, exe, file);
    }

    pub(super) fn exec_as(&mut self, pid: u32, exe: &str, file: ImageFile) {
        self.exec_with(pid, exe, |exec| exec.file = Some(Box::new(file)));
    }

    /// An exec that is not as others are: `change` says how.
    pub(super) fn exec_with(&mut self, pid: u32, exe: &str, change: impl FnOnce(&mut Exec)) {
        let namespaces = self.model.process(id(pid)).map(|it| it.namespaces).unwrap_or_default();
        let mut exec = Exec {
            image: Image { time: Time(self.now + 1_000_000), ..image(exe) },
            parent: None,
            ns_pid: pid,
            creds: self.creds(),
            caps: self.sets(),
            namespaces,
            tty: Text::default(),
            stdio: Default::default(),
            file: None,
        };
        change(&mut exec);
        self.tell(pid, None, Kind::Exec(Box::new(exec)));
    }

    /// A child of `maker` that runs a program.
    pub(super) fn run(&mut self, pid: u32, maker: u32, exe: &str) {
        self.fork(pid, maker);
        self.exec(pid, exe);
    }

    /// A TCP connection that it opens (a new socket each time).
    pub(super) fn connects(&mut self, pid: u32, remote: &str) {
        self.net(pid, NetOp::Connect, Direction::Outbound, remote);
    }

    pub(super) fn net(&mut self, pid: u32, op: NetOp, direction: Direction, remote: &str) {
        let net = Net {
            op,
            protocol: Protocol::Tcp,
            direction,
            local: None,
            remote: remote.parse().ok(),
            socket: self.now,
            sent: None,
            received: None,
            error: None,
        };
        self.tell(pid, None, Kind::Net(Box::new(net)));
    }

    pub(super) fn exit(&mut self, pid: u32) {
        self.tell(pid, None, Kind::Exit(Exit { code: Some(0), ..Exit::default() }));
    }

    pub(super) fn act(&mut self, pid: u32, error: Option<i32>, what: Deed) {
        self.tell(pid, None, Kind::Act(Box::new(Act { error, observer: None, what })));
    }

    pub(super) fn did(&mut self, pid: u32, what: Deed) {
        self.act(pid, None, what);
    }

    pub(super) fn namespaces(&mut self, pid: u32, how: NamespaceCall, now: Namespaces) {
        self.did(pid, Deed::Namespaces { how, flags: 0, now });
    }

    /// A container as a runtime starts it: runc (pid) moved into the cgroup, its child (pid + 1) parts from the host's
    /// namespaces, sets the mounts up, and runs the program.
    pub(super) fn start(&mut self, container: &str, pid: u32, namespaces: Namespaces, exe: &str) {
        self.news(container);
        let (caps, uid) = (self.caps, self.uid);
        (self.caps, self.uid) = (FULL, 0);
        self.fork(pid, 31);
        self.exec(pid, "/usr/bin/runc init");
        self.tell(pid, Some(inside(container)), Kind::Move);
        self.fork(pid + 1, pid);
        self.namespaces(pid + 1, NamespaceCall::Unshare, namespaces);
        self.exit(pid);
        (self.caps, self.uid) = (caps, uid);
        self.exec(pid + 1, exe);
    }

    pub(super) fn news(&mut self, container: &str) {
        let name = if container == WEB { "web-1" } else { "db-1" };
        self.give(&Event::Container(ContainerNews {
            id: container.into(),
            name: Some(name.into()),
            state: ContainerState::Running,
            ..ContainerNews::default()
        }));
    }

    /// An ordinary container with a shell: web-1 with pid 101, and its shell 110.
    pub(super) fn web() -> Node {
        let mut node = Node::new();
        node.caps = DOCKER;
        node.start(WEB, 100, own(100), "/usr/sbin/app");
        node.fork(110, 101);
        node.exec(110, "/bin/sh");
        node
    }

    /// Name, severity and whether it failed, of everything that was found since the last time.
    pub(super) fn take(&mut self) -> Vec<(String, Severity, bool)> {
        self.found.drain(..).map(|it| (it.rule.id.clone(), it.severity, it.failed)).collect()
    }

    /// What shows the finding `at`: the kind of each event, and whose it is.
    pub(super) fn shown(&self, at: usize) -> Vec<(&str, u32)> {
        self.found[at].why.iter().map(|it| (it.fact.kind.as_ref(), it.fact.process.pid)).collect()
    }

    /// The others that the finding `at` names.
    pub(super) fn others(&self, at: usize) -> Vec<u32> {
        self.found[at].others.iter().map(|other| other.pid).collect()
    }

    /// The worst that was found.
    pub(super) fn worst(&self) -> Option<Severity> {
        self.found.iter().map(|it| it.severity).max()
    }

    pub(super) fn has(&self, rule: &str) -> bool {
        self.found.iter().any(|it| it.rule.id == rule)
    }
}
