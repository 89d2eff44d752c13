//! How each event finds its process.

use std::sync::Arc;

use petgraph::stable_graph::NodeIndex;

use super::super::container::GroupKey;
use super::super::event::{Exit, Kind, NetOp, ProcessEvent};
use super::super::health::Status;
use super::super::process::{Origin, Process, ProcessId, Ticks, Time};
use super::{Model, Node};

impl Model {
    pub(super) fn apply_process(&mut self, event: &ProcessEvent) {
        self.totals.events += 1;
        self.now = self.now.max(event.time);
        let id = event.process;
        if let Kind::Content(content) = &event.kind {
            self.learn_content(event, content);
        }
        if self.too_late(event) {
            return;
        }
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
            Kind::Act(act) => self.act(at, act),
            Kind::Seen(seen) => self.seen(at, event.time, seen),
            Kind::Content(_) => {}
            Kind::Vanished => self.exit(at, event.time, Exit::default()),
        }
        self.relate(at, &event.kind);
        self.end_if_stale(at, event.time);
        if let Some(process) = self.process_mut(at) {
            process.version += 1;
        }
        self.evict();
    }

    /// True for a close of a connection, or the content of a file, whose process is not kept (any more): the kernel may be
    /// done with a socket, and a file be read, long after the process ended, and this must not bring it back to life.
    fn too_late(&self, event: &ProcessEvent) -> bool {
        let late = match &event.kind {
            Kind::Net(net) => net.op == NetOp::Close,
            Kind::Content(_) => true,
            _ => false,
        };
        late && !self.processes.contains_key(&event.process)
    }

    pub(super) fn apply_status(&mut self, status: &Status) {
        match self.statuses.iter_mut().find(|old| old.topic == status.topic) {
            Some(old) => *old = status.clone(),
            None => self.statuses.push(status.clone()),
        }
    }

    /// The node of a process that an event only names; ended at once when its pid has a newer owner.
    pub(super) fn ensure_named(&mut self, id: ProcessId, time: Time, origin: Origin) -> NodeIndex {
        let at = self.ensure(id, time, origin);
        self.end_if_stale(at, time);
        at
    }

    /// The node of a process, made if it was unknown. A living process with the same pid and an earlier start
    /// must have ended unseen.
    fn ensure(&mut self, id: ProcessId, time: Time, origin: Origin) -> NodeIndex {
        if let Some(&at) = self.processes.get(&id) {
            return at;
        }
        let owner = self.live.get(&id.pid).copied();
        if let Some(stale) = owner.filter(|owner| owner.start < id.start)
            && let Some(&at) = self.processes.get(&stale)
        {
            self.exit(at, time, Exit::default());
        }
        let since_boot = id.start.0.saturating_mul(Ticks::NANOS);
        let born = Time(self.boot.time.0.saturating_add(since_boot));
        let mut process = Process::new(id, born, origin);
        // Not from 0: one that was evicted and is met again must not look as it did to whoever remembers its version.
        process.version = (self.totals.events as u32).wrapping_mul(64);
        let at = self.graph.add_node(Node::Process(Arc::new(process)));
        self.processes.insert(id, at);
        if owner.is_none_or(|owner| owner.start < id.start) {
            self.live.insert(id.pid, id);
        }
        self.totals.alive += 1;
        self.enlist(at, &GroupKey::Host, time);
        at
    }

    /// Ends a process that was heard of for the first time when a newer one already had its pid.
    fn end_if_stale(&mut self, at: NodeIndex, time: Time) {
        let Some(process) = self.process_at(at) else { return };
        if process.alive() && self.live.get(&process.id.pid) != Some(&process.id) {
            self.exit(at, time, Exit::default());
        }
    }
}
