//! On which side of its border a process stands.

use super::App;
use crate::model::{GroupKey, NsKind, Process};

/// Ancestors that are looked at.
const FAR: usize = 64;

impl App {
    /// True for a process that came out of its container: it is in the container's cgroup and in a mount or pid
    /// namespace of the host that it was not put into when the container was started.
    ///
    /// Whoever the runtime brought in is with the host for a moment, until it has namespaces of its own; and a container
    /// that was started in the host's pid namespace has been there all along.
    pub fn outside(&self, process: &Process) -> bool {
        if !matches!(process.group, GroupKey::Container(_)) {
            return false;
        }
        let shares = |process: &Process, kind| {
            let host = self.model().boot().namespaces;
            process.shared_with(&host).any(|shared| shared == kind)
        };
        let first = || self.first_of_group(process);
        shares(process, NsKind::Mnt) && !self.brought_in(process)
            || shares(process, NsKind::Pid) && !shares(first(), NsKind::Pid)
    }

    /// True when it was made from outside of its group, as the runtime makes the first process of a container.
    fn brought_in(&self, process: &Process) -> bool {
        let maker = process.birth_parent.and_then(|id| self.model().process(id));
        maker.is_some_and(|maker| maker.group != process.group)
    }

    /// The ancestor in the same group that is furthest away, or the process itself.
    fn first_of_group<'a>(&'a self, process: &'a Process) -> &'a Process {
        let mut first = process;
        for _ in 0..FAR {
            let maker = first.birth_parent.filter(|id| *id != first.id).and_then(|id| self.model().process(id));
            match maker.filter(|maker| maker.group == process.group) {
                Some(maker) => first = maker,
                None => break,
            }
        }
        first
    }
}
