//! Which containers have told their users: each is asked once, when a process of it is there to be asked.

use std::collections::HashMap;
use std::sync::Arc;

use crate::model::{Event, GroupKey, Kind, Names, Namespaces, NsKind, ProcessEvent, Told};
use crate::source::proc;

/// How often a container is asked whose processes are gone before they can be.
const TRIES: u8 = 4;
/// Containers remembered; beyond that they are asked anew.
const KNOWN: usize = 4_096;

/// Who was asked.
pub(super) struct Homes {
    /// Inode number of the host's mount namespace.
    host: u32,
    /// How often each may still be asked.
    left: HashMap<Arc<str>, u8>,
}

impl Homes {
    pub(super) fn new(host: u32) -> Homes {
        Homes { host, left: HashMap::new() }
    }

    /// The users of the container that an event is of, where they are not known and can be read.
    pub(super) fn learn(&mut self, event: &ProcessEvent) -> Option<Event> {
        let namespaces: Namespaces = match &event.kind {
            Kind::Exec(exec) => exec.namespaces,
            Kind::Seen(seen) => seen.namespaces,
            _ => return None,
        };
        let group = &event.cgroup.as_ref()?.place.key;
        let GroupKey::Container(id) = group else { return None };
        // Whoever is on its way into a container, or has come out, has another's files.
        let mnt = namespaces.get(NsKind::Mnt).filter(|mnt| *mnt != self.host && self.host != 0)?;
        if self.left.len() >= KNOWN {
            self.left.clear();
        }
        let left = self.left.entry(Arc::clone(id)).or_insert(TRIES);
        *left = left.checked_sub(1)?;
        let users = proc::users(event.process.pid, mnt)?;
        *left = 0;
        Some(Event::Names(Box::new(Names { time: event.time, group: Some(group.clone()), told: Told::Users(users) })))
    }
}
