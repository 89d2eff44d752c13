//! Logins as they happen: each told by events alone.

use std::sync::Arc;

use super::super::container::GroupKey;
use super::super::descriptor::{Descriptor, Endpoint, Target};
use super::super::event::*;
use super::super::process::*;
use super::super::text::Text;
use super::*;

/// A node on which time goes as events come.
#[derive(Default)]
struct Node {
    model: Model,
    now: u64,
}

fn id(pid: u32) -> ProcessId {
    ProcessId { pid, start: Ticks(u64::from(pid)) }
}

fn creds(uid: u32) -> Creds {
    Creds { uid, gid: uid, euid: uid, login_uid: None, session: None }
}

fn audited(uid: u32, login: u32, session: u32) -> Creds {
    Creds { login_uid: Some(login), session: Some(session), ..creds(uid) }
}

impl Node {
    fn tell(&mut self, pid: u32, group: Option<GroupKey>, kind: Kind) {
        self.now += 1_000_000;
        let cgroup =
            group.map(|key| Arc::new(Cgroup { id: 1, place: Place { key, ..Place::default() }, path: "/c".into() }));
        let event = ProcessEvent { time: Time(self.now), process: id(pid), tid: pid, cgroup, kind };
        self.model.apply(&Event::Process(event));
    }

    fn fork(&mut self, pid: u32, maker: u32, creds: Creds) {
        self.tell(pid, None, Kind::Fork(Fork { maker: id(maker), parent: id(maker), ns_pid: pid, creds }));
    }

    fn exec(&mut self, pid: u32, exe: &str, creds: Creds, change: impl FnOnce(&mut Exec)) {
        let image = Image {
            time: Time(self.now + 1_000_000),
            exe: exe.into(),
            given: exe.into(),
            argv: Argv::default(),
            cwd: Text::default(),
            unlinked: false,
        };
        let mut exec = Exec {
            image,
            parent: None,
            ns_pid: pid,
            creds,
            caps: Caps::default(),
            namespaces: Namespaces::default(),
            tty: Text::default(),
            stdio: Default::default(),
            file: None,
        };
        change(&mut exec);
        self.tell(pid, None, Kind::Exec(Box::new(exec)));
    }

    fn run(&mut self, pid: u32, maker: u32, exe: &str, creds: Creds) {
        self.fork(pid, maker, creds);
        self.exec(pid, exe, creds, |_| {});
    }

    /// A server with all rights, the process that it starts for a connection, and below it one that became `uid`.
    fn served(exe: &str, uid: u32) -> Node {
        let mut node = Node::default();
        node.run(10, 1, exe, creds(0));
        node.fork(20, 10, creds(0));
        node.exec(20, exe, creds(0), |exec| exec.stdio[0] = Some(peer("10.0.0.9:51000")));
        node.fork(21, 20, creds(uid));
        node.run(22, 21, "/bin/bash", creds(uid));
        node
    }

    fn of(&self, pid: u32) -> Option<(Means, Vec<u32>)> {
        self.model.session(id(pid)).map(|session| (session.how, session.people))
    }
}

fn peer(remote: &str) -> Descriptor {
    let end = Endpoint {
        socket: 7,
        protocol: Some(Protocol::Tcp),
        direction: Some(Direction::Inbound),
        owner: None,
        local: "10.0.0.1:22".parse().ok(),
        remote: remote.parse().ok(),
    };
    Descriptor { to: Target::Socket(Arc::new(end)), inode: 1, device: 1, read: true, write: true }
}

fn setuid() -> Option<Box<ImageFile>> {
    Some(Box::new(ImageFile { mode: 0o104_755, ..ImageFile::default() }))
}

#[test]
fn a_secure_shell_is_a_login_from_where_its_connection_comes() {
    let node = Node::served("/usr/sbin/sshd", 1000);
    let session = node.model.session(id(22));
    let session = session.as_ref();
    assert_eq!(session.map(|it| (it.how, it.login())), Some((Means::Ssh, Some(1000))));
    assert_eq!(session.and_then(|it| it.from), "10.0.0.9:51000".parse().ok());
    assert_eq!(session.map(Session::id), Some("20@20".into()));
    assert_eq!(node.of(10), None, "the server itself is of nobody's login");
}

#[test]
fn a_server_under_any_name_is_a_login_only_where_it_becomes_who_came() {
    assert_eq!(Node::served("/opt/any", 1000).of(22), Some((Means::Network, vec![1000])));
    assert_eq!(Node::served("/opt/any", 0).of(22), None, "a shell of root behind a connection is no login");
    assert_eq!(Node::served("/usr/sbin/sshd", 0).of(22), Some((Means::Ssh, vec![0])));
}

#[test]
fn a_worker_that_gave_up_its_rights_before_anybody_came_is_no_login() {
    let mut node = Node::default();
    node.run(10, 1, "/usr/sbin/nginx", creds(0));
    node.fork(11, 10, creds(33));
    let net = Net {
        op: NetOp::Accept,
        protocol: Protocol::Tcp,
        direction: Direction::Inbound,
        local: "10.0.0.1:80".parse().ok(),
        remote: "10.0.0.9:4000".parse().ok(),
        socket: 5,
        sent: None,
        received: None,
        error: None,
    };
    node.tell(11, None, Kind::Net(Box::new(net)));
    node.run(12, 11, "/bin/sh", creds(33));
    assert_eq!(node.of(12), None);
}

#[test]
fn who_became_whom_is_a_chain() {
    let mut node = Node::served("/usr/sbin/sshd", 1000);
    node.fork(30, 22, creds(1000));
    node.exec(30, "/usr/bin/sudo", Creds { euid: 0, ..creds(1000) }, |exec| exec.file = setuid());
    node.run(31, 30, "/bin/sh", creds(0));
    node.fork(32, 31, creds(0));
    node.exec(32, "/bin/su", creds(0), |exec| exec.file = setuid());
    node.run(33, 32, "/bin/sh", creds(1001));
    assert_eq!(node.of(30), Some((Means::Ssh, vec![1000])), "a tool on its way from one to another is still the first");
    assert_eq!(node.of(31), Some((Means::Ssh, vec![1000, 0])));
    assert_eq!(node.of(33), Some((Means::Ssh, vec![1000, 0, 1001])));
}

#[test]
fn without_a_login_the_one_who_became_another_begins() {
    let mut node = Node::default();
    node.run(10, 1, "/usr/bin/shell", creds(1000));
    node.fork(11, 10, creds(1000));
    node.exec(11, "/usr/bin/sudo", Creds { euid: 0, ..creds(1000) }, |exec| exec.file = setuid());
    node.run(12, 11, "/bin/sh", creds(0));
    assert_eq!(node.of(12), Some((Means::Sudo, vec![1000, 0])));
    assert_eq!(node.of(10), None);
    node.run(20, 1, "/usr/sbin/daemon", creds(0));
    node.fork(21, 20, creds(33));
    assert_eq!(node.of(21), None, "who gives up rights has not become somebody");
}

#[test]
fn a_terminal_of_the_machine_is_a_console() {
    let mut node = Node::default();
    let on = |tty: &'static str| move |exec: &mut Exec| exec.tty = tty.into();
    node.fork(10, 1, creds(0));
    node.exec(10, "/sbin/any", creds(0), on("tty1"));
    node.fork(11, 10, creds(1000));
    node.exec(11, "/bin/sh", creds(1000), on("tty1"));
    assert_eq!(node.of(11), Some((Means::Console, vec![1000])));
    node.fork(12, 11, creds(1000));
    node.exec(12, "/bin/sh", creds(1000), on("pts/0"));
    assert_eq!(node.of(12), Some((Means::Console, vec![1000])));
}

#[test]
fn the_audit_session_is_one_wherever_its_processes_are() {
    let mut node = Node::default();
    node.run(10, 1, "/usr/sbin/sshd", creds(0));
    node.fork(20, 10, creds(0));
    node.exec(20, "/usr/sbin/sshd", creds(0), |exec| exec.stdio[0] = Some(peer("10.0.0.9:51000")));
    node.fork(21, 20, audited(1000, 1000, 7));
    node.run(22, 21, "/bin/bash", audited(1000, 1000, 7));
    node.run(23, 22, "/bin/sh", audited(0, 1000, 7));
    node.tell(23, Some(GroupKey::Container("c1".into())), Kind::Move);
    let session = node.model.session(id(23)).expect("it is in the session");
    assert_eq!((session.how, session.id(), session.people), (Means::Ssh, "7".into(), vec![1000, 0]));
    assert_eq!((session.first.id.pid, session.from), (21, "10.0.0.9:51000".parse().ok()));
    // Of another maker, as with a runtime, and the same session: the kernel says so.
    node.run(40, 1, "/bin/job", audited(1000, 1000, 7));
    assert_eq!(node.of(40), Some((Means::Audit, vec![1000])));
    assert_eq!(node.model.session(id(40)).map(|it| it.mark()), node.model.session(id(22)).map(|it| it.mark()));
}

#[test]
fn a_runtime_puts_in_who_descends_from_no_login() {
    let mut node = Node::served("/usr/sbin/sshd", 1000);
    node.run(22, 21, "/usr/bin/docker", creds(1000));
    node.run(50, 1, "/usr/bin/shim", creds(0));
    node.run(51, 50, "/bin/sh", creds(0));
    assert_eq!(node.of(51), None);
}
