//! How long is waited before something is sent once more.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// After the first failure.
const FIRST: Duration = Duration::from_millis(500);
/// At most, unless the other side asks for more.
const LONGEST: Duration = Duration::from_secs(30);
/// At most, whatever the other side asks for.
const ASKED: Duration = Duration::from_secs(600);

/// Twice as long each time, and by chance a bit less, so that many agents do not come back at once.
#[derive(Debug, Default)]
pub(super) struct Pause {
    failures: u32,
}

impl Pause {
    pub(super) fn next(&mut self, asked: Option<Duration>) -> Duration {
        let full = FIRST.saturating_mul(1 << self.failures.min(10)).min(LONGEST);
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
        let mut pause = Pause::default();
        for at in 0..64 {
            let full = FIRST.saturating_mul(1 << at.min(10)).min(LONGEST);
            let next = pause.next(None);
            assert!(next >= full / 2 && next <= full, "{at}: {next:?}");
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
