//! What containers are allowed: each is looked at by the first process of it that is there to be looked at, and again when
//! something happened that may have changed it, and every half minute.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lru::LruCache;

use super::proc;
use crate::model::{
    Allowed, Deed, Event, GroupKey, Kind, Namespaces, NsKind, Posture, ProcessEvent, ProcessId, Time, Witness,
};

/// How often a container is looked at whose processes are gone before they can be.
const TRIES: u8 = 4;
/// Containers remembered: those where something was run last. The others are looked at anew.
const KNOWN: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();
/// How often a container is looked at again in which nothing happened.
const AGAIN: Duration = Duration::from_secs(30);
/// How long after something happened that may have changed it. More of the same meanwhile is one look.
const SOON: Duration = Duration::from_secs(1);
/// Containers that are looked at again at once; the others wait for the next time.
const AT_ONCE: usize = 16;

/// Who was looked at.
pub(super) struct Postures {
    node: Namespaces,
    known: LruCache<Arc<str>, Looked>,
}

struct Looked {
    /// How often it may still be tried.
    left: u8,
    /// The process that was looked at, and its mount namespace.
    first: Option<(ProcessId, u32)>,
    /// What it was allowed then.
    allowed: Option<Box<Allowed>>,
    /// When it is looked at again; `None` where nobody is there to be looked at.
    due: Option<Instant>,
}

impl Looked {
    /// Has a process looked at from now on instead of one that began later, as what is brief would soon be nobody to look at,
    /// or that is gone.
    fn stands_by(&mut self, process: ProcessId, mnt: u32) {
        if let Some((first, ns)) = &mut self.first
            && *ns == mnt
            && (process.start < first.start || self.due.is_none())
        {
            *first = process;
            self.due.get_or_insert(Instant::now() + AGAIN);
        }
    }
}

const UNSEEN: Looked = Looked { left: TRIES, first: None, allowed: None, due: None };

impl Postures {
    pub(super) fn new(node: Namespaces) -> Postures {
        Postures { node, known: LruCache::new(KNOWN) }
    }

    /// What the container that an event is of is allowed, where that is not known and can be read.
    pub(super) fn learn(&mut self, event: &ProcessEvent) -> Option<Event> {
        let GroupKey::Container(id) = &event.cgroup.as_ref()?.place.key else { return None };
        let namespaces: Namespaces = match &event.kind {
            Kind::Exec(exec) => exec.namespaces,
            Kind::Seen(seen) => seen.namespaces,
            Kind::Act(act) if matches!(act.what, Deed::Mount(_) | Deed::Namespaces { .. } | Deed::Creds { .. }) => {
                self.changed(id);
                return None;
            }
            _ => return None,
        };
        // Whoever is on its way into a container, or has come out, has another's rights.
        let host = self.node.get(NsKind::Mnt)?;
        let mnt = namespaces.get(NsKind::Mnt).filter(|mnt| *mnt != host)?;
        let looked = self.known.get_or_insert_mut(Arc::clone(id), || UNSEEN);
        // It was started again when its first process is gone and another stands in mounts of its own.
        let gone = |(first, ns): (ProcessId, u32)| ns != mnt && proc::start_of(first.pid) != Some(first.start);
        if looked.first.is_some_and(gone) {
            *looked = UNSEEN;
        }
        looked.stands_by(event.process, mnt);
        looked.left = looked.left.checked_sub(1)?;
        let allowed = proc::allowed(event.process, &proc::Node::read(self.node))?;
        let (first, due) = (Some((event.process, mnt)), Some(Instant::now() + AGAIN));
        *looked = Looked { left: 0, first, allowed: Some(Box::new(allowed.clone())), due };
        Some(told(id, event.process, event.time, allowed))
    }

    /// Something happened in a container that may change what it is allowed.
    fn changed(&mut self, id: &str) {
        let soon = Instant::now() + SOON;
        if let Some(due) = self.known.get_mut(id).and_then(|looked| looked.due.as_mut()) {
            *due = soon.min(*due);
        }
    }

    /// Looks again at containers whose time it is, and tells what they are allowed where it is not what it was. `time` is the
    /// moment `now` on the wall clock.
    pub(super) fn again(&mut self, now: Instant, time: Time) -> Vec<Event> {
        let due = self.known.iter_mut().filter(|(_, looked)| looked.due.is_some_and(|due| due <= now));
        let mut due = due.take(AT_ONCE).peekable();
        if due.peek().is_none() {
            return Vec::new();
        }
        let node = proc::Node::read(self.node);
        due.filter_map(|(id, looked)| {
            let (process, _) = looked.first?;
            let allowed = proc::allowed(process, &node);
            looked.due = allowed.is_some().then_some(now + AGAIN);
            let allowed = allowed.filter(|allowed| looked.allowed.as_deref() != Some(allowed))?;
            looked.allowed = Some(Box::new(allowed.clone()));
            Some(told(id, process, time, allowed))
        })
        .collect()
    }
}

fn told(id: &Arc<str>, process: ProcessId, time: Time, allowed: Allowed) -> Event {
    let (container, witness) = (Arc::clone(id), Witness::Proc);
    Event::Posture(Box::new(Posture { time, container, witness, process: Some(process), allowed }))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use std::io::Write as _;
    use std::process::{Child, Command, Stdio};

    use super::*;
    use crate::model::{Act, Caps, Cgroup, CredCall, Creds, Place, Seen, Text};

    /// A program that gives away the way to more rights as soon as it is told to, and stays who it is.
    fn program() -> Child {
        let script = "read line; exec setpriv --no-new-privs sleep 600";
        Command::new("sh").args(["-c", script]).stdin(Stdio::piped()).spawn().unwrap()
    }

    fn event(process: ProcessId, kind: Kind) -> ProcessEvent {
        let place = Place { key: GroupKey::Container("c1".into()), ..Place::default() };
        let cgroup = Some(Arc::new(Cgroup { id: 1, path: "/c1".into(), place }));
        ProcessEvent { time: Time(1), process, tid: process.pid, cgroup, kind }
    }

    fn in_mounts(ns: u32) -> Namespaces {
        let mut namespaces = Namespaces::default();
        namespaces.0[NsKind::Mnt as usize] = ns;
        namespaces
    }

    fn seen() -> Seen {
        Seen {
            parent: None,
            image: None,
            born: Time(1),
            ns_pid: 1,
            creds: Creds::default(),
            caps: Caps::default(),
            namespaces: in_mounts(8),
            tty: Text::default(),
            connections: Vec::new(),
            stdio: [None, None, None],
            fifos: Vec::new(),
        }
    }

    fn no_new_privs(events: &[Event]) -> Vec<Option<bool>> {
        let of = |event: &Event| match event {
            Event::Posture(posture) => posture.allowed.no_new_privs,
            other => panic!("{other:?}"),
        };
        events.iter().map(of).collect()
    }

    #[test]
    fn a_container_is_looked_at_again_in_time_and_told_of_when_it_is_another() {
        let mut child = program();
        let process = ProcessId { pid: child.id(), start: proc::start_of(child.id()).unwrap() };
        let node = in_mounts(7);
        let mut postures = Postures::new(node);
        let seen = event(process, Kind::Seen(Box::new(seen())));
        let first = postures.learn(&seen).unwrap();
        assert_eq!(no_new_privs(&[first]), [Some(false)]);
        assert!(postures.learn(&seen).is_none(), "known");

        let now = Instant::now();
        assert!(postures.again(now + AGAIN, Time(2)).is_empty(), "it is what it was");
        child.stdin.take().unwrap().write_all(b"\n").unwrap();
        while proc::allowed(process, &proc::Node::read(node)).unwrap().no_new_privs != Some(true) {
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(postures.again(now + AGAIN + SOON, Time(3)).is_empty(), "not yet");
        let what = Deed::Creds { how: CredCall::SetCaps, creds: Creds::default(), caps: Caps::default() };
        assert!(
            postures.learn(&event(process, Kind::Act(Box::new(Act { error: None, observer: None, what })))).is_none()
        );
        assert_eq!(no_new_privs(&postures.again(Instant::now() + SOON, Time(4))), [Some(true)]);

        child.kill().unwrap();
        child.wait().unwrap();
        assert!(postures.again(now + AGAIN * 9, Time(5)).is_empty(), "nobody is there");
        assert!(postures.known.peek("c1").unwrap().due.is_none());
    }

    #[test]
    fn whoever_is_there_longest_is_looked_at_again_and_not_who_was_met_first() {
        let (mut old, mut brief) = (program(), program());
        let started = |child: &Child| proc::start_of(child.id()).unwrap();
        while started(&brief) == started(&old) {
            brief.kill().unwrap();
            brief.wait().unwrap();
            brief = program();
        }
        let id = |child: &Child| ProcessId { pid: child.id(), start: started(child) };
        let (stays, met) = (id(&old), id(&brief));
        let mut postures = Postures::new(in_mounts(7));
        assert!(postures.learn(&event(met, Kind::Seen(Box::new(seen())))).is_some());
        assert!(postures.learn(&event(stays, Kind::Seen(Box::new(seen())))).is_none(), "known");
        brief.kill().unwrap();
        brief.wait().unwrap();
        let now = Instant::now();
        assert!(postures.again(now + AGAIN, Time(2)).is_empty(), "it is what it was");
        assert!(postures.known.peek("c1").unwrap().due.is_some(), "somebody is there");
        old.kill().unwrap();
        old.wait().unwrap();
        assert!(postures.again(now + AGAIN * 9, Time(3)).is_empty());
        assert!(postures.known.peek("c1").unwrap().due.is_none(), "nobody is there");
        let mut next = program();
        assert!(postures.learn(&event(id(&next), Kind::Seen(Box::new(seen())))).is_none());
        assert!(postures.known.peek("c1").unwrap().due.is_some(), "somebody came");
        next.kill().unwrap();
        next.wait().unwrap();
    }
}
