//! How each event changes the graph.

use std::sync::Arc;

use petgraph::stable_graph::NodeIndex;

use super::super::container::{Container, ContainerNews, Group, GroupKey};
use super::super::event::{Cgroup, Exec, Exit, Fork, Kind, Loss, Net, NetOp, ProcessEvent, Seen, Status};
use super::super::process::{Connection, Origin, Process, ProcessId, Time};
use super::{Edge, Model, Node};

/// Losses kept for the timeline.
const LOSSES: usize = 1_000;

impl Model {
    pub(super) fn apply_process(&mut self, event: &ProcessEvent) {
        self.totals.events += 1;
        self.now = self.now.max(event.time);
        let id = event.process;
        let origin = if matches!(event.kind, Kind::Seen(_)) { Origin::Proc } else { Origin::Kernel };
        let at = self.ensure(id, event.time, origin);
        if let Some(cgroup) = &event.cgroup {
            self.place(at, cgroup, event.time);
        }
        match &event.kind {
            Kind::Fork(fork) => self.fork(at, event.time, fork),
            Kind::Exec(exec) => self.exec(at, exec),
            Kind::Exit(exit) => self.exit(at, event.time, *exit),
            Kind::Move => {}
            Kind::Net(net) => self.net(at, event.time, net),
            Kind::Seen(seen) => self.seen(at, seen),
            Kind::Vanished => self.exit(at, event.time, Exit::default()),
        }
        if let Some(process) = self.process_mut(at) {
            process.version += 1;
        }
        self.evict();
    }

    pub(super) fn apply_container(&mut self, news: &ContainerNews) {
        self.now = self.now.max(news.time);
        let key = GroupKey::Container(Arc::from(news.id.as_str()));
        self.ensure_group(&key, news.time);
        if let Some(container) = self.group_mut(&key).and_then(|group| group.container.as_mut()) {
            container.news = news.clone();
            container.runtime = news.runtime.or(container.runtime);
        }
    }

    pub(super) fn apply_loss(&mut self, loss: &Loss) {
        *self.totals.lost.entry(loss.kind).or_default() += loss.count;
        self.losses.push(loss.clone());
        if self.losses.len() > LOSSES {
            self.losses.remove(0);
        }
    }

    pub(super) fn apply_status(&mut self, status: &Status) {
        match self.statuses.iter_mut().find(|old| old.topic == status.topic) {
            Some(old) => *old = status.clone(),
            None => self.statuses.push(status.clone()),
        }
    }

    /// The node of a process, made if it was unknown. A living process with the same pid but another start
    /// must have ended unseen.
    fn ensure(&mut self, id: ProcessId, time: Time, origin: Origin) -> NodeIndex {
        if let Some(&at) = self.processes.get(&id) {
            return at;
        }
        if let Some(stale) = self.live.get(&id.pid).copied()
            && stale.start < id.start
            && let Some(&at) = self.processes.get(&stale)
        {
            self.exit(at, time, Exit::default());
        }
        let born = Time(self.boot.time.0 + id.start.0 * super::super::process::Ticks::NANOS);
        let at = self.graph.add_node(Node::Process(Box::new(Process {
            id,
            ns_pid: 0,
            born,
            birth_parent: None,
            parent: None,
            images: Vec::new(),
            inherited: false,
            creds: Default::default(),
            caps: Default::default(),
            namespaces: Default::default(),
            tty: Default::default(),
            cgroup: None,
            group: GroupKey::Host,
            connections: Vec::new(),
            exit: None,
            origin,
            doubt: false,
            version: 0,
        })));
        self.processes.insert(id, at);
        self.live.insert(id.pid, id);
        self.totals.alive += 1;
        self.enlist(at, &GroupKey::Host, time);
        at
    }

    fn ensure_group(&mut self, key: &GroupKey, time: Time) -> NodeIndex {
        if let Some(&at) = self.groups.get(key) {
            return at;
        }
        let container = matches!(key, GroupKey::Container(_)).then(|| {
            let mut container = Container::default();
            if let GroupKey::Container(id) = key {
                container.news.id = id.to_string();
            }
            container
        });
        let group = Group { key: key.clone(), container, first: time, alive: 0, seen: 0 };
        let at = self.graph.add_node(Node::Group(Box::new(group)));
        self.groups.insert(key.clone(), at);
        at
    }

    fn enlist(&mut self, at: NodeIndex, key: &GroupKey, time: Time) {
        let group = self.ensure_group(key, time);
        self.join(group, at, Edge::Member);
        let alive = self.process_mut(at).is_some_and(|process| {
            process.group = key.clone();
            process.alive()
        });
        if let Some(group) = self.group_mut(key) {
            group.seen += 1;
            group.alive += usize::from(alive);
        }
    }

    fn place(&mut self, at: NodeIndex, cgroup: &Arc<Cgroup>, time: Time) {
        let Some(process) = self.process_mut(at) else { return };
        if process.cgroup.as_ref().is_some_and(|old| Arc::ptr_eq(old, cgroup)) {
            return;
        }
        process.cgroup = Some(Arc::clone(cgroup));
        let (old, alive) = (process.group.clone(), process.alive());
        let place = &cgroup.place;
        if old != place.key {
            if let Some(group) = self.group_mut(&old) {
                group.alive = group.alive.saturating_sub(usize::from(alive));
                group.seen = group.seen.saturating_sub(1);
            }
            self.enlist(at, &place.key, time);
        }
        if let Some(container) = self.group_mut(&place.key).and_then(|group| group.container.as_mut()) {
            container.runtime = container.runtime.or(place.runtime);
            container.pod_uid = container.pod_uid.take().or_else(|| place.pod_uid.clone());
            container.outer = container.outer.take().or_else(|| place.outer.clone());
        }
    }

    fn fork(&mut self, at: NodeIndex, time: Time, fork: &Fork) {
        let maker = self.ensure(fork.maker, time, Origin::Kernel);
        let (image, caps, namespaces, tty) = match self.process_at(maker) {
            Some(maker) => (maker.images.last().cloned(), maker.caps, maker.namespaces, maker.tty.clone()),
            None => Default::default(),
        };
        if let Some(child) = self.process_mut(at) {
            child.born = time;
            child.creds = fork.creds;
            child.ns_pid = fork.ns_pid;
            // A record that was overtaken by the child's own exec must not undo it.
            if child.images.is_empty() {
                child.images.extend(image);
                child.inherited = true;
                (child.caps, child.namespaces, child.tty) = (caps, namespaces, tty);
            }
        }
        self.set_birth_parent(at, fork.maker, time);
        self.set_parent(at, fork.parent, time);
    }

    fn set_birth_parent(&mut self, at: NodeIndex, parent: ProcessId, time: Time) {
        let from = self.ensure(parent, time, Origin::Kernel);
        if let Some(process) = self.process_mut(at) {
            process.birth_parent = Some(parent);
        }
        self.join(from, at, Edge::Bore);
    }

    fn set_parent(&mut self, at: NodeIndex, parent: ProcessId, time: Time) {
        let from = self.ensure(parent, time, Origin::Kernel);
        if let Some(process) = self.process_mut(at) {
            process.parent = Some(parent);
        }
        self.join(from, at, Edge::Parent);
    }

    fn exec(&mut self, at: NodeIndex, exec: &Exec) {
        let keep = self.limits.images.max(1);
        let Some(process) = self.process_mut(at) else { return };
        process.images.push(Arc::new(exec.image.clone()));
        if process.images.len() > keep {
            process.images.remove(1.min(keep - 1));
        }
        process.inherited = false;
        process.ns_pid = exec.ns_pid;
        process.creds = exec.creds;
        process.caps = exec.caps;
        process.namespaces = exec.namespaces;
        process.tty = exec.tty.clone();
        let known = process.birth_parent.is_some();
        if let Some(parent) = exec.parent
            && !known
        {
            self.set_birth_parent(at, parent, exec.image.time);
            self.set_parent(at, parent, exec.image.time);
        }
    }

    fn exit(&mut self, at: NodeIndex, time: Time, exit: Exit) {
        let Some(process) = self.process_mut(at) else { return };
        if process.exit.is_some() {
            return;
        }
        process.exit = Some((time, exit));
        let (id, group) = (process.id, process.group.clone());
        if self.live.get(&id.pid) == Some(&id) {
            self.live.remove(&id.pid);
        }
        self.totals.alive -= 1;
        self.totals.dead += 1;
        self.dead.push_back(id);
        if let Some(group) = self.group_mut(&group) {
            group.alive = group.alive.saturating_sub(1);
        }
        if let Some(heir) = exit.heir {
            let orphans: Vec<_> = self.children(id).filter(|child| child.alive()).map(|child| child.id).collect();
            for orphan in orphans {
                if let Some(&at) = self.processes.get(&orphan) {
                    self.set_parent(at, heir, time);
                }
            }
        }
    }

    fn net(&mut self, at: NodeIndex, time: Time, net: &Net) {
        let keep = self.limits.connections;
        let Some(process) = self.process_mut(at) else { return };
        let open = process.connections.iter_mut().rev().find(|c| c.closed.is_none() && same_socket(c, net));
        match (open, net.op) {
            (Some(connection), _) => update(connection, time, net),
            (None, _) => {
                let mut connection = Connection {
                    socket: net.socket,
                    protocol: net.protocol,
                    direction: net.direction,
                    local: net.local,
                    remote: net.remote,
                    opened: time,
                    established: net.op != NetOp::Connect || net.protocol == super::super::event::Protocol::Udp,
                    closed: None,
                    sent: None,
                    received: None,
                };
                update(&mut connection, time, net);
                process.connections.push(connection);
            }
        }
        if process.connections.len() > keep {
            let oldest = process.connections.iter().position(|c| c.closed.is_some()).unwrap_or(0);
            process.connections.remove(oldest);
        }
    }

    fn seen(&mut self, at: NodeIndex, seen: &Seen) {
        let keep = self.limits.connections;
        let time = self.now;
        let Some(process) = self.process_mut(at) else { return };
        process.born = seen.born;
        process.ns_pid = seen.ns_pid;
        process.creds = seen.creds;
        process.caps = seen.caps;
        process.namespaces = seen.namespaces;
        process.tty = seen.tty.clone();
        if let Some(image) = &seen.image {
            let same = process.image().is_some_and(|known| known.exe == image.exe && known.argv == image.argv);
            if !same {
                process.images.push(Arc::new(image.clone()));
                process.inherited = false;
            }
        }
        for connection in &seen.connections {
            let known = process
                .connections
                .iter()
                .any(|c| c.closed.is_none() && c.local == connection.local && c.remote == connection.remote);
            if !known && process.connections.len() < keep {
                process.connections.push(connection.clone());
            }
        }
        let known = process.birth_parent.is_some();
        if let Some(parent) = seen.parent {
            if !known {
                self.set_birth_parent(at, parent, time);
            }
            self.set_parent(at, parent, time);
        }
    }
}

fn same_socket(connection: &Connection, net: &Net) -> bool {
    if connection.socket != 0 {
        return connection.socket == net.socket;
    }
    connection.protocol == net.protocol && connection.local == net.local && connection.remote == net.remote
}

fn update(connection: &mut Connection, time: Time, net: &Net) {
    connection.local = net.local.or(connection.local);
    connection.remote = net.remote.or(connection.remote);
    match net.op {
        NetOp::Established | NetOp::Accept | NetOp::Listen => connection.established = true,
        NetOp::Connect => {}
        NetOp::Close => {
            connection.closed = Some(time);
            connection.sent = net.sent;
            connection.received = net.received;
        }
    }
}
