//! After a loss: /proc is read again, and what it tells otherwise is told.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::clock::Clock;
use super::reader::{Closed, Reader};
use crate::model::{Event, Kind, LossKind, ProcessEvent, ProcessId};
use crate::source::proc;

/// How long after the first loss /proc is read: while a storm lasts, reading it over and over would make it worse.
const SETTLE: Duration = Duration::from_millis(200);

impl Reader {
    /// Reads /proc again when something was lost a moment ago.
    pub(super) fn repair_if_due(&mut self) -> Result<(), Closed> {
        let due = self.repair.as_ref().is_some_and(|(noticed, _)| noticed.elapsed() >= SETTLE);
        if due && let Some((_, kinds)) = self.repair.take() {
            return self.reread(&kinds);
        }
        Ok(())
    }

    fn reread(&mut self, kinds: &HashSet<LossKind>) -> Result<(), Closed> {
        let own = std::process::id();
        let clock = self.translator.clock;
        let mut batch = Vec::new();
        let mut found = Vec::new();
        for pid in proc::pids() {
            if pid == own && !self.include_self {
                continue;
            }
            found.extend(proc::read(pid, |start| clock.born(start)));
            self.drain(&mut batch, usize::MAX);
        }
        let there: HashMap<u32, ProcessId> = found.iter().map(|found| (found.id.pid, found.id)).collect();
        let now = clock.wall(Clock::boot_now());
        let mut seen = Vec::new();
        for found in found {
            let differs = !self.known.runs(found.id, found.seen.image.as_ref());
            if differs || kinds.contains(&LossKind::Net) || kinds.contains(&LossKind::Move) {
                let mut event = self.seen(found, |pid| there.get(&pid).copied());
                event.time = now;
                self.known.apply(&event);
                seen.push(event);
            }
        }
        super::startup::open_files(&mut seen, now);
        batch.extend(seen.into_iter().map(Event::Process));
        // Whoever was thought alive but is not there any more: its exit is on the ring, or it was lost.
        let suspects: Vec<_> = self.known.alive().filter(|id| there.get(&id.pid) != Some(id)).collect();
        self.drain(&mut batch, usize::MAX);
        for id in suspects {
            if self.known.by_pid(id.pid) == Some(id) && proc::start_of(id.pid) != Some(id.start) {
                let event = ProcessEvent { time: now, process: id, tid: id.pid, cgroup: None, kind: Kind::Vanished };
                self.known.apply(&event);
                batch.push(Event::Process(event));
            }
        }
        self.send(batch)
    }
}
