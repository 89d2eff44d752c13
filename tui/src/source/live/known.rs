//! Who is alive as far as the stream told: what /proc is compared with after a loss.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use crate::model::{Deed, Image, Kind, Namespaces, NsKind, ProcessEvent, ProcessId, Ticks};

/// Exits remembered, so that the same one is not told twice.
const EXITS: usize = 256;

/// The processes that are alive, and what each runs.
#[derive(Default)]
pub(super) struct Known {
    alive: HashMap<u32, (Ticks, u64)>,
    /// The mount namespace of each.
    mounts: HashMap<u32, u32>,
    ended: VecDeque<ProcessId>,
}

impl Known {
    /// Takes in an event; false when it says again what was said before: the exit of a process whose last two threads
    /// ended at one time.
    pub(super) fn apply(&mut self, event: &ProcessEvent) -> bool {
        let id = event.process;
        match &event.kind {
            Kind::Exit(_) | Kind::Vanished => {
                if self.ended.contains(&id) {
                    return false;
                }
                if self.alive.get(&id.pid).is_some_and(|(start, _)| *start == id.start) {
                    self.alive.remove(&id.pid);
                    self.mounts.remove(&id.pid);
                }
                if self.ended.len() == EXITS {
                    self.ended.pop_front();
                }
                self.ended.push_back(id);
            }
            Kind::Fork(fork) => {
                let image = self.alive.get(&fork.maker.pid).map_or(0, |(_, image)| *image);
                self.alive.insert(id.pid, (id.start, image));
                match self.mounts.get(&fork.maker.pid).copied() {
                    Some(ns) => self.mounts.insert(id.pid, ns),
                    None => self.mounts.remove(&id.pid),
                };
            }
            Kind::Exec(exec) => {
                self.learn_mounts(id.pid, exec.namespaces);
                self.alive.insert(id.pid, (id.start, fingerprint(&exec.image)));
            }
            Kind::Seen(seen) => {
                self.learn_mounts(id.pid, seen.namespaces);
                self.alive.insert(id.pid, (id.start, seen.image.as_ref().map_or(0, fingerprint)));
            }
            Kind::Act(act) => {
                if let Deed::Namespaces { now, .. } = &act.what {
                    self.learn_mounts(id.pid, *now);
                }
            }
            Kind::Move | Kind::Net(_) | Kind::Content(_) => {}
        }
        true
    }

    fn learn_mounts(&mut self, pid: u32, namespaces: Namespaces) {
        if let Some(ns) = namespaces.get(NsKind::Mnt) {
            self.mounts.insert(pid, ns);
        }
    }

    /// Inode number of the mount namespace that a process is in; 0 where nobody knows.
    pub(super) fn mount_ns(&self, pid: u32) -> u32 {
        self.mounts.get(&pid).copied().unwrap_or(0)
    }

    /// Of those in a mount namespace the `most` that have been alive for longest.
    pub(super) fn elders(&self, ns: u32, most: usize) -> Vec<ProcessId> {
        let there = self.mounts.iter().filter(|(_, mounts)| **mounts == ns);
        let mut all: Vec<ProcessId> = there.filter_map(|(pid, _)| self.by_pid(*pid)).collect();
        all.sort_unstable_by_key(|id| id.start);
        all.truncate(most);
        all
    }

    /// True when `id` is known to run `image`.
    pub(super) fn runs(&self, id: ProcessId, image: Option<&Image>) -> bool {
        self.alive.get(&id.pid) == Some(&(id.start, image.map_or(0, fingerprint)))
    }

    /// Those that are alive as far as told.
    pub(super) fn alive(&self) -> impl Iterator<Item = ProcessId> {
        self.alive.iter().map(|(&pid, &(start, _))| ProcessId { pid, start })
    }

    /// The living process that has this pid.
    pub(super) fn by_pid(&self, pid: u32) -> Option<ProcessId> {
        self.alive.get(&pid).map(|&(start, _)| ProcessId { pid, start })
    }
}

fn fingerprint(image: &Image) -> u64 {
    let mut hasher = DefaultHasher::new();
    image.exe.hash(&mut hasher);
    image.argv.args.hash(&mut hasher);
    hasher.finish()
}
