//! Saving what is kept of the past.

use std::path::Path;

use anyhow::bail;

use crate::store::Recorder;

/// Writes what `recorder` keeps to a file, and tells so in a sentence.
///
/// # Errors
/// When there is nothing that is kept, or it cannot be written.
pub(super) fn save(recorder: Option<&Recorder>, file: &Path) -> anyhow::Result<String> {
    match recorder {
        None => bail!("this is a recording already: {} was not written", file.display()),
        Some(_) => bail!("recordings cannot be written yet: {} was not written", file.display()),
    }
}
