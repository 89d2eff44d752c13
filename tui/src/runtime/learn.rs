//! What was accepted is written into the file of the baseline.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};

use super::replace::replace;
use crate::baseline::{Acceptance, Baseline};

/// Adds something to a baseline, as it is in its file by now: somebody else may have written to it.
///
/// # Errors
/// When the file cannot be read or written, or does not have the workload any more.
pub(super) fn learn(file: Option<&Path>, acceptance: &Acceptance) -> anyhow::Result<PathBuf> {
    let file = file.context("there is no file of it")?;
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut baseline = Baseline::read(&text).with_context(|| file.display().to_string())?;
    if !baseline.accept(acceptance) {
        bail!("{} has no workload {} any more", file.display(), acceptance.workload);
    }
    replace(file, baseline.to_string().as_bytes()).with_context(|| format!("cannot write {}", file.display()))?;
    Ok(file.to_path_buf())
}
