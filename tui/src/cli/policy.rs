//! `policy`: what would have stopped it, or what normal looks like.

use super::Failure;
use super::arguments::{PolicyArguments, PolicyKind};

mod learn;

/// Makes what was asked for.
pub(super) fn policy(arguments: &PolicyArguments) -> Result<(), Failure> {
    match arguments.kind {
        PolicyKind::Baseline => learn::baseline(arguments),
    }
}
