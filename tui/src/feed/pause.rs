//! How long is waited before something is sent once more.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// After the first failure, and at most, unless the other side asks for more.
const USUAL: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));
/// The same where another may be there at any moment.
const SHORT: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));
/// At most, whatever the other side asks for.
const ASKED: Duration = Duration::from_secs(600);

/// Twice as long each time, and by chance a bit less, so that many agents do not come back at once.
#[derive(Debug)]
pub(super) struct Pause {
    first: Duration,
    longest: Duration,
    failures: u32,
}

impl Default for Pause {
    fn default() -> Pause {
        Pause { first: USUAL.0, longest: USUAL.1, failures: 0 }
    }
}

impl Pause {
    /// For one of several servers: when it is lost, another takes its place within seconds.
    pub(super) fn short() -> Pause {
        Pause { first: SHORT.0, longest: SHORT.1, failures: 0 }
    }

    pub(super) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let full = self.first.saturating_mul(1 << self.failures.min(10)).min(self.longest);
        self.failures = self.failures.saturating_add(1);
        // Keys that the system made by chance.
        let chance = RandomState::new().hash_one(self.failures) % 512;
        let pause = full.mul_f64(0.5 + chance as f64 / 1024.0);
        pause.max(asked.unwrap_or_default().min(ASKED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_an_end_and_are_never_the_same_for_all() {
        for (mut pause, (first, longest)) in [(Pause::default(), USUAL), (Pause::short(), SHORT)] {
            for at in 0..64 {
                let full = first.saturating_mul(1 << at.min(10)).min(longest);
                let next = pause.next(None);
                assert!(next >= full / 2 && next <= full, "{at}: {next:?}");
            }
        }
        let firsts: std::collections::HashSet<_> = (0..32).map(|_| Pause::default().next(None)).collect();
        assert!(firsts.len() > 4, "{firsts:?}");
    }

    #[test]
    fn what_the_other_side_asks_for_is_kept_within_reason() {
        assert!(Pause::default().next(Some(Duration::from_secs(40))) >= Duration::from_secs(40));
        assert_eq!(Pause::default().next(Some(Duration::from_secs(1 << 40))), ASKED);
    }
}
