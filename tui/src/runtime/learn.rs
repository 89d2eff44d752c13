//! What was said on the screen to be innocent or normal is written into its file: exceptions, and the baseline.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
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

/// Adds an exception at the end of the configuration file, which is made where there is none; gives its path.
pub(super) fn keep(file: Option<&Path>, exception: &str) -> anyhow::Result<PathBuf> {
    let file = file.context("no home, and so no configuration file")?;
    let read = || format!("cannot write {}", file.display());
    if let Some(directory) = file.parent() {
        fs::create_dir_all(directory).with_context(read)?;
    }
    let mut open = fs::OpenOptions::new().create(true).append(true).mode(0o600).open(file).with_context(read)?;
    open.write_all(format!("\n{exception}").as_bytes()).with_context(read)?;
    Ok(file.to_path_buf())
}
