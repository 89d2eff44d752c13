//! What the stream tells about this node: whether its clock is right, and whether somebody else has its name.

use std::time::Duration;

/// How far a clock may be off before that is told.
const OFF: Duration = Duration::from_secs(60);

/// What may be wrong; `None` where it is not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Doubts {
    /// With the clock.
    pub(super) clock: Option<String>,
    /// With the name.
    pub(super) name: Option<String>,
}

/// The last message of this node that the server took in this connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Last {
    /// Its place in the stream.
    pub(super) place: u64,
    /// When that was heard, by this node's clock: nanoseconds since 1970.
    pub(super) heard: i128,
    /// That it was new to the server.
    pub(super) fresh: bool,
}

/// The last message that stands in the stream under this node's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stands {
    pub(super) place: u64,
    /// When it was kept, by the server's clock: nanoseconds since 1970.
    pub(super) kept: i128,
    /// Its `Nats-Msg-Id`.
    pub(super) id: String,
}

impl Doubts {
    /// What follows from the two.
    pub(super) fn of(node: &str, last: Last, stands: &Stands) -> Doubts {
        // What comes behind our last is not ours.
        let name = (stands.place > last.place)
            .then(|| format!("somebody else sends as node {node} ({}): give one of the two another --node", stands.id));
        let off = last.heard - stands.kept;
        let far = off.unsigned_abs() >= OFF.as_nanos();
        let clock = (stands.place == last.place && last.fresh && far).then(|| {
            let which = if off > 0 { "ahead of" } else { "behind" };
            let minutes = off.unsigned_abs() / Duration::from_secs(60).as_nanos();
            format!("the clock of this node is {minutes} min {which} that of the server")
        });
        Doubts { clock, name }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: i128 = 60_000_000_000;

    fn doubts(place: u64, fresh: bool, heard: i128, stands: (u64, i128)) -> Doubts {
        let stands = Stands { place: stands.0, kept: stands.1, id: "b-1-2".to_owned() };
        Doubts::of("n", Last { place, heard, fresh }, &stands)
    }

    #[test]
    fn a_clock_that_is_off_is_told_and_one_that_is_nearly_right_is_not() {
        assert_eq!(doubts(5, true, 70 * MINUTE, (5, 70 * MINUTE - 1)), Doubts::default());
        let ahead = doubts(5, true, 70 * MINUTE, (5, 10 * MINUTE)).clock.unwrap_or_default();
        assert_eq!(ahead, "the clock of this node is 60 min ahead of that of the server");
        let behind = doubts(5, true, 0, (5, 90 * MINUTE)).clock.unwrap_or_default();
        assert_eq!(behind, "the clock of this node is 90 min behind that of the server");
        assert_eq!(doubts(5, false, 0, (5, 90 * MINUTE)), Doubts::default(), "an old one tells nothing");
    }

    #[test]
    fn somebody_else_is_who_sent_after_us() {
        let doubts = doubts(5, true, 0, (6, 90 * MINUTE));
        assert_eq!(doubts.clock, None);
        assert!(doubts.name.is_some_and(|text| text.contains("node n (b-1-2)")));
    }
}
