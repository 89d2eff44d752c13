//! `policy`: what would have stopped it, or what normal looks like.

use std::path::Path;

use anyhow::Context as _;

use super::arguments::{PolicyArguments, PolicyKind};
use super::{Failure, print, report};

mod engines;
mod explained;
mod learn;

/// Makes what was asked for.
pub(super) fn policy(arguments: &PolicyArguments) -> Result<(), Failure> {
    if let Some(out) = &arguments.out {
        arguments.files.iter().try_for_each(|file| report::not_itself(file, out))?;
    }
    arguments.check()?;
    match arguments.kind {
        PolicyKind::Baseline => learn::baseline(arguments),
        PolicyKind::Tetragon | PolicyKind::Network => engines::of_normal(arguments),
        PolicyKind::Admission | PolicyKind::Seccomp => engines::of_incidents(arguments),
    }
}

/// Writes it where it was asked for.
fn write(arguments: &PolicyArguments, text: &str) -> Result<(), Failure> {
    match arguments.out.as_deref().filter(|out| *out != Path::new("-")) {
        Some(out) => report::keep(out, text.as_bytes())
            .with_context(|| format!("cannot write {}", out.display()))
            .map_err(Failure::from),
        None => print::print(text.as_bytes()),
    }
}
