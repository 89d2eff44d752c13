//! What found no place on the ring, by the cgroup that it was of: the kernel's side counts, and here it is told what came
//! since the last look.

use std::collections::{BTreeMap, HashMap};

use ktrace_probes_common::{Kind, Share};

use super::ledger::{Gap, loss_kind};
use crate::model::LossKind;

/// A cgroup by its id and hierarchy, as the probes name it.
pub(super) type Key = [u64; 2];

/// [`Share`] as the map holds it.
pub(super) type Words = [u64; Share::WORDS];

/// How often something found no place, by kind.
pub(super) type Totals = [u64; Kind::COUNT];

/// What was told of it already.
pub(super) struct Shares {
    /// What each cgroup's counters said.
    seen: HashMap<Key, Totals>,
    /// What was told, whosever it was.
    told: Totals,
    /// Until when, in nanoseconds since boot.
    until: u64,
}

impl Shares {
    /// Nothing was lost before `start` (nanoseconds since boot).
    pub(super) fn new(start: u64) -> Shares {
        Shares { seen: HashMap::new(), told: Totals::default(), until: start }
    }

    /// True when more found no place than was told.
    pub(super) fn is_news(&self, totals: &Totals) -> bool {
        *totals != self.told
    }

    /// What is new at `now`, each with whose it was: the cgroups that the kernel knows by now, read after `totals`, and the
    /// rest of `totals`, whose cgroups it let go again.
    pub(super) fn news(
        &mut self,
        totals: &Totals,
        cgroups: impl Iterator<Item = (Key, Words)>,
        now: u64,
    ) -> Vec<(Option<Key>, Gap)> {
        let mut counts: BTreeMap<(Option<Key>, LossKind), Gap> = BTreeMap::new();
        let mut lost = |key: Option<Key>, kind: Kind, count: u64, from: u64, to: u64| {
            let kind = loss_kind(kind);
            let gap = counts.entry((key, kind)).or_insert(Gap { kind, count: 0, from, to });
            gap.count += count;
        };
        for (key, words) in cgroups {
            let (before, counted) = words.split_at(Share::WORDS - Kind::COUNT);
            let (first, last) = (before[3], before[4]);
            let seen = self.seen.entry(key).or_default();
            for ((kind, &count), seen) in Kind::ALL.into_iter().zip(counted).zip(seen) {
                // Fewer than before: it was let go, and came back.
                let more = count.checked_sub(*seen).unwrap_or(count);
                *seen = count;
                if more > 0 {
                    self.told[kind as usize] += more;
                    lost(Some(key), kind, more, first.max(self.until), last);
                }
            }
        }
        for (kind, &total) in Kind::ALL.into_iter().zip(totals) {
            let more = total.saturating_sub(self.told[kind as usize]);
            if more > 0 {
                self.told[kind as usize] = total;
                lost(None, kind, more, self.until, now);
            }
        }
        self.until = now;
        counts.into_iter().map(|((key, _), gap)| (key, gap)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: Key = [7, 0];

    fn words(first: u64, last: u64, execs: u64) -> Words {
        let mut words = Words::default();
        (words[3], words[4]) = (first, last);
        words[Share::WORDS - Kind::COUNT + Kind::Exec as usize] = execs;
        words
    }

    fn totals(execs: u64) -> Totals {
        let mut totals = Totals::default();
        totals[Kind::Exec as usize] = execs;
        totals
    }

    fn gap(count: u64, from: u64, to: u64) -> Gap {
        Gap { kind: LossKind::Exec, count, from, to }
    }

    #[test]
    fn the_words_are_those_that_the_probes_write() {
        let share = Share { first: 8 * 3, last: 8 * 4, ..Share::default() };
        let at = |field: *const u64| (field as usize - &raw const share as usize) / 8;
        assert_eq!((at(&raw const share.first), at(&raw const share.last)), (3, 4));
        assert_eq!(at((&raw const share.withheld).cast()), Share::WORDS - Kind::COUNT);
    }

    #[test]
    fn what_is_lost_is_told_once_and_whose_it_was() {
        let mut shares = Shares::new(5);
        assert!(shares.is_news(&totals(3)));
        assert_eq!(shares.news(&totals(3), [(A, words(10, 20, 3))].into_iter(), 30), [(Some(A), gap(3, 10, 20))]);
        assert!(!shares.is_news(&totals(3)));
        assert_eq!(shares.news(&totals(3), [(A, words(10, 20, 3))].into_iter(), 40), []);
        assert_eq!(shares.news(&totals(5), [(A, words(10, 45, 5))].into_iter(), 50), [(Some(A), gap(2, 40, 45))]);
    }

    #[test]
    fn what_a_cgroup_lost_that_the_kernel_let_go_is_told_without_a_name() {
        let mut shares = Shares::new(5);
        assert_eq!(
            shares.news(&totals(4), [(A, words(10, 20, 1))].into_iter(), 30),
            [(None, gap(3, 5, 30)), (Some(A), gap(1, 10, 20))]
        );
        // It is let go, too, and comes back.
        assert_eq!(shares.news(&totals(6), [(A, words(40, 41, 1))].into_iter(), 50), [(None, gap(2, 30, 50))]);
    }

    #[test]
    fn what_was_counted_between_the_two_looks_is_not_told_again() {
        let mut shares = Shares::new(5);
        shares.news(&totals(3), [(A, words(10, 20, 4))].into_iter(), 30);
        assert_eq!(shares.news(&totals(4), [(A, words(10, 20, 4))].into_iter(), 40), []);
    }
}
