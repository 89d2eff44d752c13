//! Who brought which fact: kept for each process until it is certain that nothing is found of it.

use std::collections::{HashMap, VecDeque};

use super::fact::Fact;
use super::suspects::{Line, Suspects};
use crate::model::{GroupKey, ProcessId, Time};

/// Processes that are kept one by one; beyond that the oldest are believed.
const KEEP: usize = 262_144;

/// How often something was seen of one group.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tally {
    pub(super) count: u64,
    pub(super) first: Time,
    pub(super) last: Time,
}

impl Tally {
    fn once(time: Time) -> Tally {
        Tally { count: 1, first: time, last: time }
    }

    fn add(&mut self, other: Tally) {
        self.count += other.count;
        (self.first, self.last) = (self.first.min(other.first), self.last.max(other.last));
    }
}

/// What a process brought.
#[derive(Debug, Default)]
struct Life {
    maker: Option<ProcessId>,
    born: Time,
    brought: Vec<(u32, Tally)>,
}

/// The facts of all groups.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    facts: Vec<(GroupKey, Fact)>,
    numbers: HashMap<(GroupKey, Fact), u32>,
    believed: HashMap<u32, Tally>,
    open: HashMap<ProcessId, Life>,
    order: VecDeque<ProcessId>,
    suspects: Suspects,
    keep: usize,
}

impl Ledger {
    /// As [`Ledger::default`], for another number of processes.
    pub(super) fn new() -> Ledger {
        Ledger { keep: KEEP, ..Ledger::default() }
    }

    /// Notes a process that belongs to a group, whether it brings something or not: its children descend from it.
    pub(super) fn meet(&mut self, process: ProcessId, maker: Option<ProcessId>, born: Time) {
        if self.open.contains_key(&process) {
            return;
        }
        while self.order.len() >= self.keep {
            let Some(oldest) = self.order.pop_front() else { break };
            let life = self.open.remove(&oldest);
            life.into_iter()
                .flat_map(|life| life.brought)
                .for_each(|(fact, tally)| believe(&mut self.believed, fact, tally));
        }
        self.order.push_back(process);
        self.open.insert(process, Life { maker, born, brought: Vec::new() });
    }

    /// Notes a fact that a process brought, or that nobody did.
    pub(super) fn note(&mut self, process: Option<ProcessId>, group: &GroupKey, fact: Fact, time: Time) {
        let key = (group.clone(), fact);
        let number = match self.numbers.get(&key) {
            Some(number) => *number,
            None => {
                let number = u32::try_from(self.facts.len()).unwrap_or(u32::MAX);
                self.facts.push(key.clone());
                self.numbers.insert(key, number);
                number
            }
        };
        let Some(life) = process.and_then(|process| self.open.get_mut(&process)) else {
            return believe(&mut self.believed, number, Tally::once(time));
        };
        match life.brought.iter_mut().find(|(fact, _)| *fact == number) {
            Some((_, tally)) => tally.add(Tally::once(time)),
            None => life.brought.push((number, Tally::once(time))),
        }
    }

    /// What a process, and whoever it makes from then on, brings from `since` on is not believed.
    pub(super) fn suspect(&mut self, process: ProcessId, since: Time) {
        self.suspects.suspect(process, since);
    }

    /// What is believed of each group, and how many processes brought something that is not.
    pub(super) fn settle(mut self) -> (Vec<(GroupKey, Fact, Tally)>, u64) {
        let mut suspicious = 0;
        for (id, life) in &self.open {
            let since = self.suspects.since(&self.line(*id, life));
            let mut bad = false;
            for (fact, tally) in &life.brought {
                // What began before stays, as far as it is known to.
                match since {
                    Some(since) if tally.first >= since => bad = true,
                    Some(since) if tally.last >= since => {
                        bad = true;
                        believe(&mut self.believed, *fact, Tally { count: 1, last: tally.first, ..*tally });
                    }
                    _ => believe(&mut self.believed, *fact, *tally),
                }
            }
            suspicious += u64::from(bad);
        }
        let mut all: Vec<_> = self.believed.into_iter().collect();
        all.sort_by_key(|(number, _)| *number);
        let told = all.into_iter().filter_map(|(number, tally)| {
            let (group, fact) = self.facts.get(number as usize)?.clone();
            Some((group, fact, tally))
        });
        (told.collect(), suspicious)
    }

    /// A process and its makers, as far as they were met.
    fn line(&self, process: ProcessId, life: &Life) -> Line {
        let known = |(id, life): &(ProcessId, Option<&Life>)| {
            let maker = life.as_ref()?.maker.filter(|maker| maker != id)?;
            Some((maker, self.open.get(&maker)))
        };
        let all = std::iter::successors(Some((process, Some(life))), known);
        Line::new(all.map(|(id, life)| (id, life.map_or(Time(0), |life| life.born))))
    }
}

fn believe(believed: &mut HashMap<u32, Tally>, fact: u32, tally: Tally) {
    believed.entry(fact).and_modify(|known| known.add(tally)).or_insert(tally);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Ticks;

    fn id(pid: u32) -> ProcessId {
        ProcessId { pid, start: Ticks(u64::from(pid)) }
    }

    #[test]
    fn the_oldest_are_believed_when_there_are_too_many() {
        let mut ledger = Ledger { keep: 2, ..Ledger::default() };
        for pid in 1..=4 {
            ledger.meet(id(pid), None, Time(0));
            ledger.note(Some(id(pid)), &GroupKey::Host, Fact::Changed, Time(u64::from(pid)));
        }
        ledger.suspect(id(1), Time(0));
        ledger.suspect(id(4), Time(0));
        let (told, suspicious) = ledger.settle();
        assert_eq!((told.len(), told[0].2.count, suspicious), (1, 3, 1));
    }

    #[test]
    fn who_descends_from_a_suspect_is_one_from_its_birth_on() {
        let mut ledger = Ledger::new();
        for (pid, maker, born) in [(1, 0, 1), (2, 1, 5), (3, 2, 6), (4, 1, 20)] {
            ledger.meet(id(pid), Some(id(maker)), Time(born));
            ledger.note(Some(id(pid)), &GroupKey::Host, Fact::Used(pid as u8), Time(born));
        }
        ledger.suspect(id(1), Time(10));
        ledger.suspect(id(2), Time(5));
        let (told, suspicious) = ledger.settle();
        assert_eq!(told.into_iter().map(|(_, fact, _)| fact).collect::<Vec<_>>(), [Fact::Used(1)]);
        assert_eq!(suspicious, 3);
    }
}
