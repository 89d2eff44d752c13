//! Whose reads and writes are looked at: those who may pass on what comes from a connection. For everybody else the
//! probe does not run.

use std::collections::VecDeque;

use aya::maps::{Array, HashMap, MapData};
use ktrace_probes_common::{RELAYS_MAX, Relaying};

use super::syscalls;
use crate::model::ProcessId;

/// A new `Relaying`, as words.
type Fresh = [u64; size_of::<Relaying>() / 8];

/// The processes that are looked at.
pub(super) struct Relays {
    table: Array<MapData, u32>,
    states: HashMap<MapData, u32, Fresh>,
    /// Oldest first.
    watched: VecDeque<ProcessId>,
}

impl Relays {
    pub(super) fn new(table: Array<MapData, u32>, states: HashMap<MapData, u32, Fresh>) -> Relays {
        Relays { table, states, watched: VecDeque::new() }
    }

    /// Begins to look at a process. Where the kernel refuses, what it passes on is not told; that is all.
    pub(super) fn watch(&mut self, process: ProcessId) {
        if self.watched.contains(&process) {
            return;
        }
        if self.watched.len() >= RELAYS_MAX as usize
            && let Some(oldest) = self.watched.pop_front()
        {
            let _ = self.states.remove(&oldest.pid);
        }
        if self.states.insert(process.pid, Fresh::default(), 0).is_ok() {
            self.watched.push_back(process);
            self.look(true);
        }
    }

    /// Leaves those alone who are not there any more.
    pub(super) fn keep(&mut self, alive: impl Fn(ProcessId) -> bool) {
        let (gone, watched): (Vec<ProcessId>, Vec<ProcessId>) =
            self.watched.iter().copied().partition(|process| !alive(*process));
        for process in gone {
            let _ = self.states.remove(&process.pid);
        }
        self.watched = watched.into();
        // The probes arm it themselves when a file is opened that the kernel acts upon.
        let armed =
            syscalls::relays().first().is_some_and(|(at, _)| self.table.get(at, 0).is_ok_and(|entry| entry != 0));
        if armed && self.watched.is_empty() {
            self.look(false);
        }
    }

    fn look(&mut self, on: bool) {
        for (at, entry) in syscalls::relays() {
            let _ = self.table.set(at, if on { entry } else { 0 }, 0);
        }
    }
}
