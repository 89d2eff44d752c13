//! Something new that is taken to be normal from now on.

use super::fact::Fact;
use super::learn::once;
use super::{Baseline, Reference};
use crate::model::Time;

/// What somebody takes to be normal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acceptance {
    /// The workload of the baseline.
    pub workload: String,
    /// What of it; `None` for another version of its image.
    pub fact: Option<Fact>,
    /// The image that it has now.
    pub image: Option<String>,
    /// When it was seen.
    pub time: Time,
}

impl Acceptance {
    /// True for one that takes the same to be normal, whenever it was seen.
    pub fn is_like(&self, other: &Acceptance) -> bool {
        self.workload == other.workload && self.fact == other.fact && (self.fact.is_some() || self.image == other.image)
    }
}

impl Baseline {
    /// Takes something to be normal; false where it has no such workload.
    ///
    /// That a program is wanted which the workload wrote itself does not make it one whose programs change.
    pub fn accept(&mut self, acceptance: &Acceptance) -> bool {
        let Some(workload) = self.workloads.get_mut(&acceptance.workload) else { return false };
        match (&acceptance.fact, &acceptance.image) {
            (Some(fact), _) => {
                let immutable = workload.immutable;
                once(workload, fact.clone(), acceptance.time);
                workload.immutable = immutable;
            }
            (None, Some(image)) => drop(workload.images.insert(Reference::parse(image).short())),
            (None, None) => {}
        }
        true
    }
}
