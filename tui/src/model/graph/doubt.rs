//! What was lost casts doubt on the processes that lived meanwhile.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::health::Loss;
use super::super::process::Time;
use super::{Model, Node};

/// Losses kept for the timeline.
const LOSSES: usize = 1_000;
/// Least time between two walks over all processes, in nanoseconds: a storm of losses must not cost a walk each.
const PAUSE: u64 = 100_000_000;

/// The losses whose processes were not marked yet, as one interval.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Doubt {
    pending: Option<(Time, Time)>,
    marked: Option<Time>,
}

impl Model {
    pub(super) fn apply_loss(&mut self, loss: &Loss) {
        self.now = self.now.max(loss.time);
        let lost = self.totals.lost.entry(loss.kind).or_default();
        *lost = lost.saturating_add(loss.count);
        if self.losses.len() >= LOSSES {
            self.losses.pop_front();
        }
        self.losses.push_back(loss.clone());
        let (from, to) = self.doubt.pending.unwrap_or((loss.from, loss.to));
        self.doubt.pending = Some((from.min(loss.from), to.max(loss.to)));
    }

    /// Marks who was alive while records were lost; in a storm, once per [`PAUSE`] of event time for all since.
    pub(super) fn settle_doubt(&mut self) {
        let Some((from, to)) = self.doubt.pending else { return };
        if self.doubt.marked.is_some_and(|marked| self.now.since(marked) < PAUSE) {
            return;
        }
        self.doubt = Doubt { pending: None, marked: Some(self.now) };
        for node in self.graph.node_weights_mut() {
            let Node::Process(process) = node else { continue };
            let there = process.born <= to && process.exit.is_none_or(|(ended, _)| ended >= from);
            if there && !process.doubt {
                let process = Arc::make_mut(process);
                process.doubt = true;
                process.version += 1;
            }
        }
    }
}
