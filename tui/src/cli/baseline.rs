//! `baseline`: files of what is normal, read, joined, gone through and compared.

mod command;
mod tape;

use std::fs;
use std::path::Path;

use anyhow::Context as _;

use super::{Exit, Failure};
use crate::baseline::Baseline;

pub(super) use command::baseline;
pub(super) use tape::compared;

/// The largest file that is read: a baseline is written by people, too.
const LARGEST: u64 = 256 << 20;

/// Reads a file of what is normal.
///
/// # Errors
/// When it cannot be read, with line and column where something is wrong in it; and when nothing is in it.
pub(super) fn load(file: &Path) -> Result<Baseline, Failure> {
    let name = file.display();
    let size = fs::metadata(file).with_context(|| format!("cannot read {name}"))?.len();
    if size > LARGEST {
        return Err(Failure::new(Exit::Failed, format!("{name} is too large to be a baseline: {size} bytes")));
    }
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    let baseline = Baseline::read(&text).map_err(|error| {
        let message = format!("{name}: {error}: a baseline as `ktrace-tui policy --kind baseline` writes it is wanted");
        Failure::new(Exit::Failed, message)
    })?;
    if baseline.workloads.is_empty() {
        let message = format!(
            "{name} has no workload: everything would be new; learn one with `ktrace-tui policy --kind baseline`"
        );
        return Err(Failure::new(Exit::Failed, message));
    }
    Ok(baseline)
}

/// How much is known: `12 workloads, learnt from 2 recordings; 1 of them is hardly known`.
pub(super) fn summary(baseline: &Baseline) -> String {
    let plural = |count: usize, one: &str| if count == 1 { format!("1 {one}") } else { format!("{count} {one}s") };
    let hardly = baseline.workloads.values().filter(|workload| workload.too_short().is_some()).count();
    let mut text = format!(
        "{}, learnt from {}",
        plural(baseline.workloads.len(), "workload"),
        plural(baseline.learnt_from.len(), "recording")
    );
    if hardly > 0 {
        text += &format!("; {hardly} hardly known: what is new for them is rated low");
    }
    text
}
