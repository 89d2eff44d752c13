//! Birth, exec, end, and who is whose parent.

use std::sync::Arc;

use petgraph::Direction::Incoming;
use petgraph::stable_graph::NodeIndex;
use petgraph::visit::EdgeRef;

use super::super::event::{Exec, Exit, Fork};
use super::super::process::{Image, Origin, Process, ProcessId, Time};
use super::super::session;
use super::{Edge, Model};

/// How many heirs of heirs are followed, and how many parents that started in the same tick.
const CHAIN: usize = 1_024;

impl Model {
    pub(super) fn fork(&mut self, at: NodeIndex, time: Time, fork: &Fork) {
        if self.process_at(at).is_none_or(|child| child.forked) {
            return;
        }
        self.set_birth_parent(at, fork.maker, time);
        let from = self.processes.get(&fork.maker).and_then(|&maker| self.process_at(maker));
        let (stdio, file) = from.map_or_else(Default::default, |maker| (maker.stdio.clone(), maker.file.clone()));
        let (image, caps, namespaces, tty, cgroup) = match from {
            Some(maker) => {
                let image = maker.images.iter().rev().find(|image| image.time <= time).or(maker.images.first());
                (image.cloned(), maker.caps, maker.namespaces, maker.tty.clone(), maker.cgroup.clone())
            }
            None => Default::default(),
        };
        let keep = self.limits.images.max(1);
        let Some(child) = self.process_mut(at) else { return };
        child.forked = true;
        child.born = time;
        child.ns_pid = fork.ns_pid;
        if child.images.is_empty() {
            child.images.extend(image);
            child.inherited = true;
            child.creds = fork.creds;
            (child.caps, child.namespaces, child.tty) = (caps, namespaces, tty);
            (child.stdio, child.file) = (stdio, file);
        } else if !child.inherited && child.images.len() < keep {
            // Its own exec overtook the record: what it was forked with comes before.
            let before = child.images.first().is_some_and(|first| !first.given.is_empty() && first.time >= time);
            if let Some(image) = image.filter(|_| before) {
                child.images.insert(0, image);
            }
        }
        let (homeless, orphan) = (child.cgroup.is_none(), child.parent.is_none());
        if let Some(cgroup) = cgroup.filter(|_| homeless) {
            self.place(at, &cgroup, time);
        }
        if let Some(child) = self.process_mut(at) {
            child.born_in = Some(child.group.clone());
        }
        self.stir(at);
        // A parent that is known already was told by something later than the birth.
        if orphan {
            self.set_parent(at, fork.parent, time);
        }
    }

    pub(super) fn exec(&mut self, at: NodeIndex, exec: &Exec) {
        let keep = self.limits.images;
        let Some(process) = self.process_mut(at) else { return };
        push_image(process, Arc::new(exec.image.clone()), keep);
        process.ns_pid = exec.ns_pid;
        process.creds = exec.creds;
        process.caps = exec.caps;
        process.namespaces = exec.namespaces;
        process.tty = exec.tty.clone();
        process.stdio = exec.stdio.clone();
        process.caller = session::given(&exec.stdio);
        process.file = exec.file.clone();
        let known = process.birth_parent.is_some();
        if let Some(parent) = exec.parent
            && !known
        {
            self.set_birth_parent(at, parent, exec.image.time);
            self.set_parent(at, parent, exec.image.time);
        }
    }

    pub(super) fn exit(&mut self, at: NodeIndex, time: Time, exit: Exit) {
        let Some(process) = self.process_mut(at) else { return };
        let id = process.id;
        match &mut process.exit {
            Some((_, known)) if unseen(known) && !unseen(&exit) => *known = exit,
            Some(_) => return,
            None => self.end(at, time, exit),
        }
        if let Some(heir) = exit.heir {
            self.bequeath(id, heir, time);
        }
    }

    fn end(&mut self, at: NodeIndex, time: Time, exit: Exit) {
        let Some(process) = self.process_mut(at) else { return };
        process.exit = Some((time, exit));
        process.version += 1;
        for connection in process.connections.iter_mut().filter(|it| it.closed.is_none()) {
            connection.closed = Some(time);
        }
        let (id, group, held) = (process.id, process.group.clone(), process.held);
        if self.live.get(&id.pid) == Some(&id) {
            self.live.remove(&id.pid);
        }
        self.totals.alive -= 1;
        self.totals.dead += 1;
        self.stir(at);
        if let Some(group) = self.group_mut(&group) {
            group.alive = group.alive.saturating_sub(1);
        }
        if held > 0 {
            self.ancestors.insert((time, id));
            return;
        }
        self.dead.insert((time, id));
        if let Some(maker) = self.maker(at) {
            self.release(maker);
        }
    }

    fn bequeath(&mut self, id: ProcessId, heir: ProcessId, time: Time) {
        let orphans: Vec<_> = self.children(id).filter(|child| child.alive()).map(|child| child.id).collect();
        for orphan in orphans {
            if let Some(&at) = self.processes.get(&orphan) {
                self.set_parent(at, heir, time);
            }
        }
    }

    pub(super) fn set_birth_parent(&mut self, at: NodeIndex, parent: ProcessId, time: Time) {
        if !self.may_follow(at, parent, |process| process.birth_parent) {
            return;
        }
        let from = self.ensure_named(parent, time, Origin::Kernel);
        let old = self.maker(at);
        let Some(process) = self.process_mut(at) else { return };
        process.birth_parent = Some(parent);
        let holds = process.alive() || process.held > 0;
        if old == Some(from) {
            return;
        }
        self.join(from, at, Edge::Bore);
        self.stir(at);
        if holds {
            self.hold(from);
            if let Some(old) = old {
                self.release(old);
            }
        }
    }

    /// Sets the present parent; where that has ended, it is the heir of its children.
    pub(super) fn set_parent(&mut self, at: NodeIndex, parent: ProcessId, time: Time) {
        let mut parent = parent;
        for _ in 0..CHAIN {
            let heir = self.process(parent).and_then(|it| it.exit).and_then(|(_, exit)| exit.heir);
            let Some(heir) = heir.filter(|heir| *heir != parent) else { break };
            parent = heir;
        }
        if !self.may_follow(at, parent, |process| process.parent) {
            return;
        }
        let from = self.ensure_named(parent, time, Origin::Kernel);
        let Some(process) = self.process_mut(at) else { return };
        if process.parent != Some(parent) {
            process.parent = Some(parent);
            process.version += 1;
        }
        self.join(from, at, Edge::Parent);
    }

    /// False for a parent that is younger than its child, or descends from it: what a sound stream never tells.
    fn may_follow(&self, at: NodeIndex, parent: ProcessId, up: impl Fn(&Process) -> Option<ProcessId>) -> bool {
        let Some(child) = self.process_at(at).map(|process| process.id) else { return false };
        if parent.start > child.start {
            return false;
        }
        let mut next = Some(parent);
        for _ in 0..CHAIN {
            match next {
                Some(id) if id == child => return false,
                // Whoever started earlier has no ancestor that started later.
                Some(id) if id.start == child.start => next = self.process(id).and_then(&up),
                _ => return true,
            }
        }
        false
    }

    /// Makes `from` the only node that is joined to `to` by `what`.
    pub(super) fn join(&mut self, from: NodeIndex, to: NodeIndex, what: Edge) {
        let old = self.graph.edges_directed(to, Incoming).find(|e| *e.weight() == what).map(|e| (e.id(), e.source()));
        match old {
            Some((_, source)) if source == from => return,
            Some((edge, _)) => {
                self.graph.remove_edge(edge);
            }
            None => {}
        }
        self.graph.add_edge(from, to, what);
    }
}

/// True when nobody saw how it ended.
fn unseen(exit: &Exit) -> bool {
    exit.code.is_none() && exit.signal.is_none() && exit.run_time.is_none()
}

/// What a process runs from now on. The first image is never forgotten: it tells where the process came from.
pub(super) fn push_image(process: &mut Process, image: Arc<Image>, keep: usize) {
    let keep = keep.max(1);
    process.images.push(image);
    if process.images.len() > keep {
        process.images.remove(1.min(keep - 1));
    }
    process.inherited = false;
}
