//! Who had a part in what was found, and who descends from them: what these do is no normal work.

use std::collections::HashMap;

use crate::model::{Model, ProcessId, Time};

/// Ancestors that are looked at.
const FAR: usize = 64;

/// A process and those that it descends from, the nearest first, each with the moment of its birth.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(Vec<(ProcessId, Time)>);

impl Line {
    /// That of a process, as `model` knows it now.
    pub fn of(process: ProcessId, model: &Model) -> Line {
        let own = model.process(process).map_or(Time(0), |process| process.born);
        let ancestors = model.lineage(process).map(|it| (it.id, it.born));
        Line::new(std::iter::once((process, own)).chain(ancestors))
    }

    /// Of a process and its makers.
    pub(super) fn new(all: impl Iterator<Item = (ProcessId, Time)>) -> Line {
        Line(all.take(FAR).collect())
    }

    /// The process itself.
    pub fn process(&self) -> ProcessId {
        self.0.first().map(|(process, _)| *process).unwrap_or_default()
    }
}

/// Processes that had a part in what was found, and since when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Suspects {
    since: HashMap<ProcessId, Time>,
}

impl Suspects {
    /// What a process, and whoever it makes from then on, does from `since` on is no normal work.
    pub fn suspect(&mut self, process: ProcessId, since: Time) {
        let known = self.since.entry(process).or_insert(since);
        *known = since.min(*known);
    }

    /// Since when what a process does is no normal work: since it had a part itself, or from its birth on, where somebody
    /// made it, or one of those that it descends from, who had a part by then. `None` where it is.
    pub fn since(&self, line: &Line) -> Option<Time> {
        let made = line.0.windows(2).any(|pair| {
            let ((_, born), (maker, _)) = (pair[0], pair[1]);
            self.since.get(&maker).is_some_and(|since| *since <= born)
        });
        if made { Some(Time(0)) } else { self.since.get(&line.process()).copied() }
    }

    /// Whether what a process did at a moment is no normal work.
    pub fn did(&self, line: &Line, time: Time) -> bool {
        self.since(line).is_some_and(|since| since <= time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Ticks;

    fn id(pid: u32) -> ProcessId {
        ProcessId { pid, start: Ticks(u64::from(pid)) }
    }

    fn line(all: &[(u32, u64)]) -> Line {
        Line::new(all.iter().map(|(pid, born)| (id(*pid), Time(*born))))
    }

    #[test]
    fn who_was_made_by_a_suspect_from_then_on_is_one_and_who_was_there_before_is_not() {
        let mut suspects = Suspects::default();
        suspects.suspect(id(5), Time(100));
        suspects.suspect(id(5), Time(200));
        let own = line(&[(5, 10), (1, 0)]);
        assert!(suspects.did(&own, Time(100)) && !suspects.did(&own, Time(99)));
        let later = line(&[(9, 150), (7, 120), (5, 10), (1, 0)]);
        assert!(suspects.did(&later, Time(150)));
        let before = line(&[(8, 160), (6, 50), (5, 10), (1, 0)]);
        assert!(!suspects.did(&before, Time(500)), "its maker was there before, and nothing was found of it");
        assert!(!suspects.did(&line(&[(1, 0)]), Time(500)));
    }
}
