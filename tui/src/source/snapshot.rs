//! The containers of this node as they are now, from /proc alone: without probes, and with no more rights than it takes to
//! read what /proc shows of their processes.

use std::sync::Arc;

use super::live::Clock;
use super::live::{boot_of, host_namespaces};
use super::postures::Postures;
use super::proc;
use crate::model::{Cgroup, Event, GroupKey, Kind, NsKind, Placer, ProcessEvent, Text};

/// What was seen.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// The boot, the processes of containers, and what the first of each container is allowed.
    pub events: Vec<Event>,
    /// Processes of containers that may not be looked into.
    pub unreadable: usize,
}

/// Looks at every process once. Those of the host are passed over.
pub fn snapshot(placer: &dyn Placer) -> Snapshot {
    let clock = Clock::new();
    let node = host_namespaces();
    let now = clock.wall(Clock::boot_now());
    let found = proc::pids().into_iter().filter_map(|pid| proc::read(pid, |start| clock.born(start)));
    let event = |found: proc::Found| {
        let path = found.cgroup?;
        let place = placer.place(&path);
        let cgroup = Arc::new(Cgroup { id: 0, path: Text::from(path), place });
        let (process, tid) = (found.id, found.id.pid);
        let of_container = matches!(cgroup.place.key, GroupKey::Container(_));
        let kind = Kind::Seen(Box::new(found.seen));
        of_container.then_some(ProcessEvent { time: now, process, tid, cgroup: Some(cgroup), kind })
    };
    let mut seen: Vec<ProcessEvent> = found.filter_map(event).collect();
    seen.sort_by_key(|event| event.process.start);
    let dark = |event: &&ProcessEvent| match &event.kind {
        Kind::Seen(seen) => seen.namespaces.get(NsKind::Mnt).is_none(),
        _ => false,
    };
    let unreadable = seen.iter().filter(dark).count();
    let mut postures = Postures::new(node);
    let told: Vec<Event> = seen.iter().filter_map(|event| postures.learn(event)).collect();
    let mut events = vec![Event::Boot(boot_of(clock.boot()))];
    events.extend(seen.into_iter().map(Event::Process));
    events.extend(told);
    Snapshot { events, unreadable }
}
