//! What is learnt of a small node: events made by hand, without a detector.

use std::sync::Arc;

use crate::baseline::{Baseline, Fact, Learner, LeftOut, Outside, Program, Scope, Workload};
use crate::model::Seen as Known;
use crate::model::*;

const OWN: Namespaces = Namespaces([101, 102, 103, 104, 105, 106, 17, 18]);
const HOST: Namespaces = Namespaces([11, 12, 13, 14, 15, 16, 17, 18]);
const SECOND: u64 = 1_000_000_000;

/// A node and whoever learns from it.
pub(super) struct Class {
    pub(super) model: Model,
    pub(super) learner: Learner,
    pub(super) now: u64,
}

pub(super) fn id(pid: u32) -> ProcessId {
    ProcessId { pid, start: Ticks(u64::from(pid)) }
}

fn container(id: &str) -> GroupKey {
    GroupKey::Container(id.into())
}

impl Class {
    pub(super) fn new(scope: Scope) -> Class {
        let (model, learner) = (Model::default(), Learner::new(scope));
        let mut class = Class { model, learner, now: 1_700_000_000 * SECOND };
        class.give(Event::Boot(Boot { namespaces: HOST, ..Boot::default() }));
        class.seen(1, 0, "/sbin/init", GroupKey::Host);
        class.seen(31, 1, "/usr/bin/shim", GroupKey::Service("containerd.service".into()));
        class
    }

    fn give(&mut self, event: Event) {
        self.model.apply(&event);
        self.learner.observe(&event, &self.model);
    }

    pub(super) fn tell(&mut self, pid: u32, group: Option<GroupKey>, kind: Kind) {
        self.now += SECOND;
        let place = |key| Arc::new(Cgroup { id: 1, path: "/c".into(), place: Place { key, ..Place::default() } });
        let (time, cgroup) = (Time(self.now), group.map(place));
        self.give(Event::Process(ProcessEvent { time, process: id(pid), tid: pid, cgroup, kind }));
    }

    fn seen(&mut self, pid: u32, parent: u32, exe: &str, group: GroupKey) {
        let seen = Known {
            parent: (parent != 0).then(|| id(parent)),
            image: Some(image(exe.as_bytes(), &[])),
            born: Time(self.now),
            ns_pid: pid,
            creds: Creds::default(),
            caps: Caps::default(),
            namespaces: if matches!(group, GroupKey::Container(_)) { OWN } else { HOST },
            tty: Text::default(),
            connections: Vec::new(),
            stdio: Default::default(),
            fifos: Vec::new(),
        };
        self.tell(pid, Some(group), Kind::Seen(Box::new(seen)));
    }

    pub(super) fn fork(&mut self, pid: u32, maker: u32) {
        let group = self.model.process(id(maker)).map(|it| it.group.clone());
        let fork = Fork { maker: id(maker), parent: id(maker), ns_pid: pid, creds: Creds::default() };
        self.tell(pid, group, Kind::Fork(fork));
    }

    pub(super) fn exec(&mut self, pid: u32, exe: &[u8], args: &[&str], namespaces: Namespaces) {
        let exec = Exec {
            image: image(exe, args),
            parent: None,
            ns_pid: pid,
            creds: Creds::default(),
            caps: Caps { effective: 1 << 13, permitted: 1 << 13 },
            namespaces,
            tty: Text::default(),
            stdio: Default::default(),
            file: Some(Box::new(ImageFile { inode: 7, ..ImageFile::default() })),
        };
        self.tell(pid, None, Kind::Exec(Box::new(exec)));
    }

    pub(super) fn run(&mut self, pid: u32, maker: u32, exe: &str) {
        self.fork(pid, maker);
        self.exec(pid, exe.as_bytes(), &[exe], OWN);
    }

    /// A container as a runtime starts it: `pid` and `pid + 1` are the runtime's, the latter runs the program.
    pub(super) fn start(&mut self, name: &str, image: &str, pid: u32, exe: &str) {
        self.fork(pid, 31);
        self.exec(pid, b"/usr/bin/runc", &["runc", "init"], HOST);
        self.tell(pid, Some(container(name)), Kind::Move);
        self.exec(pid, b"/", &["runc", "init"], HOST);
        self.fork(pid + 1, pid);
        self.tell(pid, None, Kind::Exit(Exit { code: Some(0), ..Exit::default() }));
        self.exec(pid + 1, exe.as_bytes(), &[exe], OWN);
        self.news(name, |news| news.image = Some(image.into()));
    }

    pub(super) fn news(&mut self, name: &str, change: impl FnOnce(&mut ContainerNews)) {
        let mut news = ContainerNews { id: name.into(), state: ContainerState::Running, ..ContainerNews::default() };
        news.time = Time(self.now);
        change(&mut news);
        self.give(Event::Container(news));
    }

    pub(super) fn net(&mut self, pid: u32, op: NetOp, local: &str, remote: &str) {
        let direction = match op {
            NetOp::Listen => Direction::Listening,
            NetOp::Accept => Direction::Inbound,
            _ => Direction::Outbound,
        };
        let net = Net {
            op,
            protocol: Protocol::Tcp,
            direction,
            local: local.parse().ok(),
            remote: remote.parse().ok(),
            socket: self.now,
            sent: None,
            received: None,
            error: None,
        };
        self.tell(pid, None, Kind::Net(Box::new(net)));
    }

    pub(super) fn finish(self) -> (Baseline, LeftOut) {
        self.learner.finish("r", "test", &self.model)
    }
}

fn image(exe: &[u8], args: &[&str]) -> Image {
    let argv = Argv { args: args.iter().collect(), ..Argv::default() };
    Image { time: Time(0), exe: exe.into(), given: exe.into(), argv, cwd: "/".into(), unlinked: false }
}

fn programs(workload: &Workload) -> Vec<(String, u64, Vec<String>)> {
    let parents = |it: &Program| it.parents.keys().map(Text::lossless).collect();
    workload.programs.iter().map(|(path, it)| (path.lossless(), it.seen.count, parents(it))).collect()
}

fn own(path: &str, count: u64, parents: &[&str]) -> (String, u64, Vec<String>) {
    (path.to_owned(), count, parents.iter().map(|it| (*it).to_owned()).collect())
}

#[test]
fn programs_and_their_parents_are_learnt_and_the_runtime_is_not() {
    let mut class = Class::new(Scope::default());
    class.start("c1", "docker.io/library/nginx:1.25", 100, "/usr/sbin/nginx");
    class.run(110, 101, "/bin/sh");
    class.run(111, 110, "/usr/bin/id");
    class.run(112, 110, "/usr/bin/id");
    class.start("c2", "nginx:1.25", 200, "/usr/sbin/nginx");
    let (baseline, left) = class.finish();
    let workload = &baseline.workloads["image nginx:1.25"];
    assert_eq!(
        programs(workload),
        [
            own("/bin/sh", 1, &["/usr/sbin/nginx"]),
            own("/usr/bin/id", 2, &["/bin/sh"]),
            own("/usr/sbin/nginx", 2, &["start"])
        ]
    );
    assert_eq!((workload.containers, workload.programs[&Text::from("/usr/sbin/nginx")].seen.containers), (2, 2));
    assert_eq!(workload.capabilities.keys().collect::<Vec<_>>(), ["CAP_NET_RAW"]);
    assert!(workload.immutable && workload.watched > 0 && left == LeftOut::default());
    assert_eq!(baseline.learnt_from[0].recording, "r");
}

#[test]
fn who_is_brought_in_is_left_out_and_counted() {
    let mut class = Class::new(Scope::default());
    class.start("c1", "web:1", 100, "/usr/sbin/app");
    // As `docker exec` does it: another runtime comes into the container.
    class.fork(300, 31);
    class.exec(300, b"/usr/bin/runc", &["runc", "init"], HOST);
    class.tell(300, Some(container("c1")), Kind::Move);
    class.fork(301, 300);
    class.exec(301, b"/bin/bash", &["bash"], OWN);
    class.run(302, 301, "/usr/bin/id");
    let (baseline, left) = class.finish();
    assert_eq!(programs(&baseline.workloads["image web:1"]), [own("/usr/sbin/app", 1, &["start"])]);
    assert_eq!(left.brought_in, 2);
}

#[test]
fn who_is_brought_in_is_learnt_where_that_is_asked_for() {
    let mut class = Class::new(Scope { sessions: true, ..Scope::default() });
    class.start("c1", "web:1", 100, "/usr/sbin/app");
    class.fork(300, 31);
    class.exec(300, b"/usr/bin/runc", &["runc", "init"], HOST);
    class.tell(300, Some(container("c1")), Kind::Move);
    class.exec(300, b"/", &["runc", "init"], HOST);
    class.fork(301, 300);
    class.exec(301, b"/bin/bash", &["bash"], OWN);
    let (baseline, left) = class.finish();
    let programs: Vec<_> = programs(&baseline.workloads["image web:1"]).into_iter().map(|(path, ..)| path).collect();
    assert_eq!((programs, left.brought_in), (vec!["/bin/bash".to_owned(), "/usr/sbin/app".to_owned()], 0));
}

/// Whoever watches the host as well meets the runtime before it is in the container; in a node within a node, even with
/// mounts of its own.
#[test]
fn the_runtime_stays_the_runtime_for_whoever_watches_the_host_too() {
    let mut class = Class::new(Scope { host: true, ..Scope::default() });
    class.fork(100, 31);
    class.exec(100, b"/usr/bin/runc", &["runc", "init"], OWN);
    class.tell(100, Some(container("c1")), Kind::Move);
    class.exec(100, b"/", &["runc", "init"], OWN);
    class.fork(101, 100);
    class.exec(101, b"/usr/sbin/app", &["app"], OWN);
    class.news("c1", |news| news.image = Some("web:1".into()));
    let (baseline, _) = class.finish();
    assert_eq!(programs(&baseline.workloads["image web:1"]), [own("/usr/sbin/app", 1, &["start"])]);
}

#[test]
fn what_was_found_to_be_suspicious_is_left_out_unless_all_is_learnt() {
    for (all, wanted) in [(false, 2), (true, 4)] {
        let mut class = Class::new(Scope { all, ..Scope::default() });
        class.start("c1", "web:1", 100, "/usr/sbin/app");
        class.run(110, 101, "/usr/bin/ls");
        class.run(120, 101, "/bin/sh");
        let since = Time(class.now);
        class.run(121, 120, "/usr/bin/id");
        class.learner.suspect(id(120), Time(since.0 - SECOND));
        let (baseline, left) = class.finish();
        assert_eq!(baseline.workloads["image web:1"].programs.len(), wanted, "all: {all}");
        assert_eq!(left.suspicious, if all { 0 } else { 2 });
    }
}

#[test]
fn pods_are_learnt_by_their_owner_and_a_container_without_an_image_is_said() {
    let mut class = Class::new(Scope::default());
    for (number, id) in ["c1", "c2"].into_iter().enumerate() {
        let pid = 100 + 100 * u32::try_from(number).unwrap_or_default();
        class.start(id, "nginx:1.25", pid, "/usr/sbin/nginx");
        class.news(id, |news| {
            news.image = Some("nginx:1.25".into());
            (news.name, news.namespace) = (Some("nginx".into()), Some("shop".into()));
            news.pod = Some(format!("web-7d4b9c6f5d-x2x4{}", ["z", "b"][number]));
            news.labels = [("app", "web"), ("pod-template-hash", "7d4b9c6f5d"), ("n", id)]
                .map(|(k, v)| (k.to_owned(), v.to_owned()))
                .into();
        });
    }
    class.fork(300, 31);
    class.tell(300, Some(container("c3")), Kind::Move);
    class.exec(300, b"/bin/x", &["x"], OWN);
    let (baseline, left) = class.finish();
    let names: Vec<_> = baseline.workloads.keys().collect();
    assert_eq!((names, left.nameless), (vec![&"shop/web:nginx".to_owned()], 1));
    let workload = &baseline.workloads["shop/web:nginx"];
    assert_eq!(workload.labels, [("app".to_owned(), "web".to_owned())].into());
    assert_eq!((workload.namespace.as_deref(), workload.containers), (Some("shop"), 2));
}

#[test]
fn names_are_preferred_to_addresses_and_handed_out_ports_are_one() {
    let mut class = Class::new(Scope::default());
    class.start("c1", "web:1", 100, "/usr/sbin/app");
    let answer = Answer {
        name: "api.example.com".into(),
        addresses: vec!["203.0.113.7".parse().expect("an address")],
        ttl: 60,
        server: "10.96.0.10".parse().expect("an address"),
    };
    let names = Names { time: Time(class.now), group: Some(container("c1")), told: Told::Answer(answer) };
    class.give(Event::Names(Box::new(names)));
    class.net(101, NetOp::Connect, "10.0.0.2:40000", "203.0.113.7:443");
    class.net(101, NetOp::Connect, "10.0.0.2:40001", "10.1.1.1:5432");
    for port in [40_000, 40_007, 51_111] {
        class.net(101, NetOp::Connect, "10.0.0.2:40001", &format!("10.1.1.2:{port}"));
    }
    class.net(101, NetOp::Listen, "0.0.0.0:8080", "");
    for last in 1..=9 {
        class.net(101, NetOp::Accept, "10.0.0.2:8080", &format!("192.0.2.{last}:5{last}000"));
    }
    class.net(101, NetOp::Accept, "10.0.0.2:9090", "192.0.2.1:50000");
    let (baseline, _) = class.finish();
    let workload = &baseline.workloads["image web:1"];
    let connects: Vec<String> = workload.connects.keys().map(ToString::to_string).collect();
    assert_eq!(connects, ["api.example.com 443/tcp", "10.1.1.1 5432/tcp", "10.1.1.2 */tcp"]);
    assert_eq!(workload.listens.keys().map(ToString::to_string).collect::<Vec<_>>(), ["8080/tcp"]);
    let accepts: Vec<String> = workload.accepts.keys().map(|it| format!("{} {}", it.port, it.peer)).collect();
    assert_eq!(accepts, ["8080/tcp anybody", "9090/tcp 192.0.2.1"]);
    assert_eq!(workload.dns.keys().map(ToString::to_string).collect::<Vec<_>>(), ["10.96.0.10 53/udp"]);
}

#[test]
fn programs_of_many_names_are_learnt_by_name_and_files_without_their_pid() {
    let mut class = Class::new(Scope::default());
    class.start("c1", "alpine:3", 100, "/bin/busybox");
    class.fork(110, 101);
    class.exec(110, b"/bin/busybox", &["wget", "x"], OWN);
    class.exec(110, b"/bin/busybox", &["busybox", "nc"], OWN);
    let opened = Opened { path: "/proc/110/environ".into(), read: true, ..Opened::default() };
    class.tell(
        110,
        None,
        Kind::Act(Box::new(Act { error: None, observer: None, what: Deed::Open(Box::new(opened.clone())) })),
    );
    class.tell(
        110,
        None,
        Kind::Act(Box::new(Act {
            observer: None,
            error: Some(2),
            what: Deed::Open(Box::new(Opened { path: "/root/.aws/credentials".into(), ..opened })),
        })),
    );
    let (baseline, _) = class.finish();
    let workload = &baseline.workloads["image alpine:3"];
    let program = &workload.programs[&Text::from("/bin/busybox")];
    assert_eq!(program.applets.keys().map(Text::lossless).collect::<Vec<_>>(), ["nc", "wget"]);
    assert_eq!(workload.files.keys().map(Text::lossless).collect::<Vec<_>>(), ["/proc/*/environ"]);
}

#[test]
fn scripts_are_learnt_of_their_interpreters_and_made_up_names_are_one() {
    let mut class = Class::new(Scope::default());
    class.start("c1", "web:1", 100, "/usr/bin/python3");
    let scripts = ["/srv/job.py", "/tmp/a1b2c3/x.py", "/tmp/d4e5f6/x.py", "/tmp/g7h8i9/x.py"];
    for (pid, script) in (110..).zip(scripts) {
        class.fork(pid, 101);
        class.exec(pid, b"/usr/bin/python3", &["python3", script], OWN);
    }
    let (baseline, _) = class.finish();
    let workload = &baseline.workloads["image web:1"];
    let program = &workload.programs[&Text::from("/usr/bin/python3")];
    assert_eq!(program.applets.keys().map(Text::lossless).collect::<Vec<_>>(), ["/srv/job.py", "/tmp/*/x.py"]);
    let outside = |script: Option<&str>| {
        let (path, applet, parent) = ("/usr/bin/python3".into(), script.map(Text::from), None);
        workload.outside(&Fact::Program { path, applet, parent, user: 0, written: false })
    };
    assert_eq!(outside(Some("/tmp/x8Kq2Zp1/x.py")), None);
    assert_eq!(outside(Some("/srv/other.py")), Some(Outside::Applet));
    assert_eq!(outside(None), None, "its text was given, or nothing");
}

#[test]
fn merging_adds_up_and_pruning_lets_go_of_what_is_rare_or_old() {
    let learn = |pid: u32, later: u64, exe: &str| {
        let mut class = Class::new(Scope::default());
        class.now += later * SECOND;
        class.start("c1", "web:1", pid, "/usr/sbin/app");
        class.run(pid + 10, pid + 1, exe);
        class.finish().0
    };
    let mut all = learn(100, 0, "/bin/a");
    let again = learn(100, 0, "/bin/a");
    assert_eq!(all.shared(&again).count(), 1, "the same recording");
    all.merge(learn(200, 100_000, "/bin/b"));
    let workload = &all.workloads["image web:1"];
    assert_eq!(programs(workload).iter().map(|it| it.1).collect::<Vec<_>>(), [1, 1, 2]);
    assert_eq!((workload.containers, all.learnt_from.len()), (2, 2));
    let mut rare = all.clone();
    assert!(rare.prune(None, 2) > 0);
    assert_eq!(programs(&rare.workloads["image web:1"]), [own("/usr/sbin/app", 2, &["start"])]);
    let mut old = all.clone();
    old.prune(Some(Time((1_700_000_000 + 90_000) * SECOND)), 1);
    assert_eq!(old.workloads["image web:1"].programs.len(), 2);
    all.prune(None, 1_000);
    assert!(all.workloads.is_empty());
}
