//! The start without a gap: the probes are attached, then /proc is read, then both are joined by pid and start time.

use std::collections::{HashMap, HashSet};

use super::clock::Clock;
use super::reader::{BATCH, Closed, Reader};
use crate::model::{Boot, Direction, Event, Health, Kind, Namespaces, NsKind, ProcessEvent, ProcessId, Target, Time};
use crate::source::host::{ALONE, Host};
use crate::source::proc::{self, Found};

/// Processes read between two looks at the ring, so that it does not fill meanwhile.
const BETWEEN_LOOKS: usize = 64;

/// A process found in /proc, and when it was looked at.
struct Snapshot {
    found: Found,
    taken: Time,
}

impl Reader {
    pub(super) fn start_up(&mut self) -> Result<(), Closed> {
        let mut first = vec![Event::Boot(boot_of(self.translator.clock.boot()))];
        first.extend(self.capabilities());
        if Host::here().alone() {
            first.push(self.status("node", Health::Degraded, ALONE));
        }
        self.send(first)?;
        let (snapshots, pending) = self.snapshot();
        let mut seen = self.join(snapshots, &pending);
        self.files(&mut seen);
        let learned = self.learn_of(&seen);
        for batch in chunks(seen.into_iter().map(Event::Process)) {
            self.send(batch)?;
        }
        self.send(learned)?;
        self.reserve()?;
        self.send(vec![self.status("source", Health::Ok, "ready")])?;
        self.send(pending)
    }

    fn capabilities(&self) -> Vec<Event> {
        let failed = self.attached.hooks.capabilities.iter().filter_map(|c| Some((c, c.failure.as_ref()?)));
        failed
            .map(|(capability, why)| {
                let text = format!("no {}: {why}", capability.gives);
                self.status(&format!("probe {}", capability.program), Health::Degraded, text)
            })
            .collect()
    }

    /// Reads all of /proc, taking from the ring in between.
    fn snapshot(&mut self) -> (Vec<Snapshot>, Vec<Event>) {
        let (mut snapshots, mut pending) = (Vec::new(), Vec::new());
        let own = std::process::id();
        for (at, pid) in proc::pids().into_iter().enumerate() {
            if at % BETWEEN_LOOKS == 0 {
                self.drain(&mut pending, usize::MAX);
            }
            if pid == own && !self.include_self {
                continue;
            }
            let clock = self.translator.clock;
            if let Some(found) = proc::read(pid, |start| clock.born(start)) {
                snapshots.push(Snapshot { found, taken: clock.wall(Clock::boot_now()) });
            }
        }
        self.drain(&mut pending, usize::MAX);
        (snapshots, pending)
    }

    /// What /proc told that the events did not: a process whose fork is among them is left out, and so is an image
    /// whose exec is.
    fn join(&mut self, snapshots: Vec<Snapshot>, pending: &[Event]) -> Vec<ProcessEvent> {
        let (forked, executed) = (forks(pending), first_execs(pending));
        let starts: HashMap<u32, ProcessId> = snapshots.iter().map(|s| (s.found.id.pid, s.found.id)).collect();
        let mut seen: Vec<_> = snapshots
            .into_iter()
            .filter(|snapshot| !forked.contains(&snapshot.found.id))
            .map(|mut snapshot| {
                if executed.get(&snapshot.found.id).is_some_and(|exec| *exec <= snapshot.taken) {
                    snapshot.found.seen.image = None;
                }
                self.seen(snapshot.found, |pid| starts.get(&pid).copied())
            })
            .collect();
        // Parents before their children, where the start times tell.
        seen.sort_by_key(|event| event.process.start);
        seen
    }

    /// The event that tells of a process found in /proc.
    pub(super) fn seen(&self, mut found: Found, by_pid: impl Fn(u32) -> Option<ProcessId>) -> ProcessEvent {
        // A parent that started later is another process with its pid.
        found.seen.parent = by_pid(found.parent).filter(|parent| parent.start <= found.id.start);
        ProcessEvent {
            time: self.translator.clock.wall(self.started),
            process: found.id,
            tid: found.id.pid,
            cgroup: found.cgroup.as_deref().map(|path| self.translator.cgroup_from_proc(path)),
            kind: Kind::Seen(Box::new(found.seen)),
        }
    }

    /// What was open before: told with the processes, and remembered for when sockets close.
    fn files(&mut self, seen: &mut [ProcessEvent]) {
        let files = open_files(seen, self.translator.clock.wall(self.started));
        for (id, held) in &files.held {
            for (net_ns, connection) in held {
                if connection.direction == Direction::Listening {
                    let port = connection.local.map_or(0, |local| local.port());
                    self.attached.seed_listener(*net_ns, port, *id);
                }
                self.orphans.insert((*net_ns, connection.local, connection.remote), *id);
            }
        }
    }
}

/// Adds to what was seen of processes what they have open.
pub(super) fn open_files(seen: &mut [ProcessEvent], now: Time) -> proc::Files {
    let holders: Vec<_> = seen.iter().filter_map(holder).collect();
    let files = proc::files(&holders, now);
    for event in seen {
        if let Kind::Seen(seen) = &mut event.kind {
            files.complete(event.process, seen);
        }
    }
    files
}

/// This boot, which was at `time`.
pub(in crate::source) fn boot_of(time: Time) -> Boot {
    let id = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default().trim().to_owned();
    Boot { id, host: Host::here().name(), time, namespaces: host_namespaces() }
}

/// The namespaces of the node: those of pid 1, or where it may not be looked at, of kthreadd, else our own.
pub(in crate::source) fn host_namespaces() -> Namespaces {
    let of = |pid| proc::read(pid, |_| Time(0)).map(|found| found.seen.namespaces);
    let readable = |namespaces: &Namespaces| namespaces.get(NsKind::Mnt).is_some();
    [1, 2, std::process::id()].into_iter().filter_map(of).find(readable).unwrap_or_default()
}

fn holder(event: &ProcessEvent) -> Option<proc::Holder> {
    let Kind::Seen(seen) = &event.kind else { return None };
    let net_ns = seen.namespaces.get(NsKind::Net)?;
    let piped = seen.stdio.iter().flatten().any(|it| matches!(it.to, Target::Pipe(_) | Target::Fifo));
    Some(proc::Holder { id: event.process, net_ns, piped })
}

fn forks(events: &[Event]) -> HashSet<ProcessId> {
    let forks = events.iter().filter_map(|event| match event {
        Event::Process(event) if matches!(event.kind, Kind::Fork(_)) => Some(event.process),
        _ => None,
    });
    forks.collect()
}

fn first_execs(events: &[Event]) -> HashMap<ProcessId, Time> {
    let mut first = HashMap::new();
    for event in events {
        if let Event::Process(event) = event
            && matches!(event.kind, Kind::Exec(_))
        {
            first.entry(event.process).or_insert(event.time);
        }
    }
    first
}

fn chunks(events: impl Iterator<Item = Event>) -> impl Iterator<Item = Vec<Event>> {
    let mut events = events.peekable();
    std::iter::from_fn(move || {
        events.peek()?;
        Some(events.by_ref().take(BATCH).collect())
    })
}
