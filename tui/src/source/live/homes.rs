//! Which containers have told their users and services: each is asked once, when a process of it is there to be asked.

use std::num::NonZeroUsize;
use std::sync::Arc;

use lru::LruCache;

use crate::model::{Event, GroupKey, Kind, Names, Namespaces, NsKind, ProcessEvent, Told};
use crate::source::proc;

/// How often a container is asked whose processes are gone before they can be.
const TRIES: u8 = 4;
/// Containers remembered: those where something was run last. The others are asked anew.
const KNOWN: NonZeroUsize = NonZeroUsize::new(4_096).unwrap();

/// How often a container may still be asked for something.
struct Left {
    users: u8,
    services: u8,
}

/// Who was asked.
pub(super) struct Homes {
    /// Inode number of the host's mount namespace.
    host: u32,
    left: LruCache<Arc<str>, Left>,
}

impl Homes {
    pub(super) fn new(host: u32) -> Homes {
        Homes { host, left: LruCache::new(KNOWN) }
    }

    /// The users and services of the container that an event is of, where they are not known and can be read.
    pub(super) fn learn(&mut self, event: &ProcessEvent) -> Vec<Event> {
        let told = self.ask(event).into_iter().flatten().flatten();
        let group = event.cgroup.as_ref().map(|cgroup| &cgroup.place.key);
        told.map(|told| Event::Names(Box::new(Names { time: event.time, group: group.cloned(), told }))).collect()
    }

    fn ask(&mut self, event: &ProcessEvent) -> Option<[Option<Told>; 2]> {
        let namespaces: Namespaces = match &event.kind {
            Kind::Exec(exec) => exec.namespaces,
            Kind::Seen(seen) => seen.namespaces,
            _ => return None,
        };
        let group = &event.cgroup.as_ref()?.place.key;
        let GroupKey::Container(id) = group else { return None };
        // Whoever is on its way into a container, or has come out, has another's files.
        let mnt = namespaces.get(NsKind::Mnt).filter(|mnt| *mnt != self.host && self.host != 0)?;
        let left = self.left.get_or_insert_mut(Arc::clone(id), || Left { users: TRIES, services: TRIES });
        let pid = event.process.pid;
        let users = once(&mut left.users, || proc::users(pid, mnt)).map(Told::Users);
        let services = once(&mut left.services, || proc::services(pid, mnt));
        Some([users, services.filter(|services| !services.is_empty()).map(Told::Services)])
    }
}

/// Asks, as long as it may be, until there is an answer.
fn once<T>(left: &mut u8, ask: impl FnOnce() -> Option<T>) -> Option<T> {
    *left = left.checked_sub(1)?;
    let answer = ask()?;
    *left = 0;
    Some(answer)
}
