//! Whether those who stand between a shell and a connection were seen to pass data on.

use super::channels::Channels;
use super::leads::Lead;
use crate::model::{Model, ProcessId, Relay};

/// Times that data must have been passed on inwards, where sizes do not show it.
const INWARD: u32 = 2;

/// How data was passed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passed {
    /// Byte for byte.
    Exactly,
    /// Encrypted, or framed.
    Wrapped,
}

/// Who may pass data on: the relays, and their children that run nothing of their own, as one may read and the other
/// write.
pub(super) fn relays_of(input: &Lead, output: &Lead, model: &Model) -> Vec<ProcessId> {
    let mut all: Vec<ProcessId> = input.relays.iter().chain(&output.relays).copied().collect();
    let halves = all.clone().into_iter().flat_map(|relay| model.born_of(relay)).filter(|it| it.inherited).take(16);
    all.extend(halves.map(|half| half.id));
    all.sort_unstable();
    all.dedup();
    all
}

impl Channels {
    /// Whether those between the process and the connection were seen to pass data on, both ways.
    pub(super) fn passed(&self, input: &Lead, output: &Lead, model: &Model) -> Option<Passed> {
        let mut sum = Relay::default();
        // What only may be the connection: not when data was passed on from another one that is known.
        let other = |relay: &Relay, lead: &Lead| lead.socket != relay.socket && model.knows_socket(relay.socket);
        let of = |relay: &Relay| [input, output].iter().all(|lead| !lead.weak || !other(relay, lead));
        for (_, relay) in relays_of(input, output, model)
            .into_iter()
            .filter_map(|relay| self.relay(relay))
            .filter(|(_, relay)| of(relay))
        {
            sum.inward_exact += relay.inward_exact;
            sum.outward_exact += relay.outward_exact;
            sum.inward_close += relay.inward_close;
            sum.outward_close += relay.outward_close;
        }
        if sum.inward_exact >= 1 && sum.outward_exact >= 1 {
            return Some(Passed::Exactly);
        }
        (sum.inward_close >= INWARD && sum.outward_close >= 1).then_some(Passed::Wrapped)
    }
}
