//! Who belongs to something that was found, and who does normal work.

use std::collections::HashMap;

use crate::model::{Model, ProcessId, Time};

/// Ancestors that are looked at.
const FAR: usize = 32;

/// A process and those that it descends from, the nearest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(Vec<ProcessId>);

impl Line {
    /// That of a process, as `model` knows it now.
    pub fn of(process: ProcessId, model: &Model) -> Line {
        let ancestors = model.lineage(process).into_iter().map(|it| it.id);
        Line(std::iter::once(process).chain(ancestors).take(FAR).collect())
    }

    /// The process itself.
    pub fn process(&self) -> ProcessId {
        self.0.first().copied().unwrap_or_default()
    }
}

/// Processes that had a part in what was found, and since when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Guilty {
    since: HashMap<ProcessId, Time>,
}

impl Guilty {
    /// What a process, and whoever descends from it, does from `since` on belongs to something that was found.
    pub fn suspect(&mut self, process: ProcessId, since: Time) {
        let known = self.since.entry(process).or_insert(since);
        *known = since.min(*known);
    }

    /// Whether what somebody did at a moment belongs to it.
    pub fn did(&self, line: &Line, time: Time) -> bool {
        line.0.iter().any(|id| self.since.get(id).is_some_and(|since| *since <= time))
    }

    /// True when nothing was found.
    pub fn is_empty(&self) -> bool {
        self.since.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Ticks;

    fn id(pid: u32) -> ProcessId {
        ProcessId { pid, start: Ticks(u64::from(pid)) }
    }

    #[test]
    fn who_descends_from_a_suspect_is_one_from_then_on() {
        let mut guilty = Guilty::default();
        guilty.suspect(id(5), Time(100));
        guilty.suspect(id(5), Time(200));
        let line = Line(vec![id(9), id(5), id(1)]);
        assert!(guilty.did(&line, Time(100)) && !guilty.did(&line, Time(99)));
        assert!(!guilty.did(&Line(vec![id(1)]), Time(100)));
    }
}
