//! Saving what is kept of the past.

use std::path::PathBuf;

use anyhow::bail;

use crate::store::Recorder;

/// Has what `recorder` keeps written to a file; [`Recorder::said`] tells what became of it.
///
/// # Errors
/// When there is nothing that is kept, or it cannot be written.
pub(super) fn save(recorder: Option<&Recorder>, file: &str) -> anyhow::Result<()> {
    let Some(recorder) = recorder else { bail!("this is a recording already") };
    if !recorder.save(PathBuf::from(file)) {
        bail!("too much is being written already: try again");
    }
    Ok(())
}
