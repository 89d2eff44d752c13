//! Events per second.

use crate::model::Time;

/// Counts events over windows of about a second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rate {
    /// Events per second over the last full window.
    pub per_second: u64,
    since: Option<(Time, u64)>,
}

impl Rate {
    /// Takes note of the running sum; returns true when the rate changed.
    pub(super) fn note(&mut self, now: Time, events: u64) -> bool {
        const SECOND: u64 = 1_000_000_000;
        let Some((from, before)) = self.since else {
            self.since = Some((now, events));
            return false;
        };
        let passed = now.since(from);
        if passed < SECOND {
            return false;
        }
        let rate = u128::from(events.saturating_sub(before)) * u128::from(SECOND) / u128::from(passed);
        let old = std::mem::replace(&mut self.per_second, u64::try_from(rate).unwrap_or(u64::MAX));
        self.since = Some((now, events));
        old != self.per_second
    }
}
