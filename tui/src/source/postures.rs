//! What containers are allowed: each is looked at once, by the first process of it that is there to be looked at.

use std::collections::HashMap;
use std::sync::Arc;

use super::proc;
use crate::model::{Event, GroupKey, Kind, Namespaces, NsKind, Posture, ProcessEvent, ProcessId, Witness};

/// How often a container is looked at whose processes are gone before they can be.
const TRIES: u8 = 4;
/// Containers remembered; beyond that they are looked at anew.
const KNOWN: usize = 4_096;

/// Who was looked at.
pub(super) struct Postures {
    node: Namespaces,
    known: HashMap<Arc<str>, Looked>,
}

struct Looked {
    /// How often it may still be tried.
    left: u8,
    /// The process that was looked at, and its mount namespace.
    first: Option<(ProcessId, u32)>,
}

impl Postures {
    pub(super) fn new(node: Namespaces) -> Postures {
        Postures { node, known: HashMap::new() }
    }

    /// What the container that an event is of is allowed, where that is not known and can be read.
    pub(super) fn learn(&mut self, event: &ProcessEvent) -> Option<Event> {
        let namespaces: Namespaces = match &event.kind {
            Kind::Exec(exec) => exec.namespaces,
            Kind::Seen(seen) => seen.namespaces,
            _ => return None,
        };
        let GroupKey::Container(id) = &event.cgroup.as_ref()?.place.key else { return None };
        // Whoever is on its way into a container, or has come out, has another's rights.
        let host = self.node.get(NsKind::Mnt)?;
        let mnt = namespaces.get(NsKind::Mnt).filter(|mnt| *mnt != host)?;
        if self.known.len() >= KNOWN {
            self.known.clear();
        }
        let looked = self.known.entry(Arc::clone(id)).or_insert(Looked { left: TRIES, first: None });
        // It was started again when its first process is gone and another stands in mounts of its own.
        let gone = |(first, ns): (ProcessId, u32)| ns != mnt && proc::start_of(first.pid) != Some(first.start);
        if looked.first.is_some_and(gone) {
            *looked = Looked { left: TRIES, first: None };
        }
        looked.left = looked.left.checked_sub(1)?;
        let allowed = proc::allowed(event.process, &proc::Node::read(self.node))?;
        *looked = Looked { left: 0, first: Some((event.process, mnt)) };
        Some(Event::Posture(Box::new(Posture {
            time: event.time,
            container: Arc::clone(id),
            witness: Witness::Proc,
            process: Some(event.process),
            allowed,
        })))
    }
}
