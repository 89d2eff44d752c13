//! `events`: what happened in a recording.

use std::io::{stderr, stdout};

use super::Failure;
use super::arguments::{EventsArguments, Format};
use crate::store::Recording;
use crate::watch::{self, WatchOptions, retell};

/// Tells every event of a recording, as `watch` told it.
pub(super) fn events(arguments: &EventsArguments) -> Result<(), Failure> {
    let mut recording = Recording::open(&arguments.file)?;
    let format = match arguments.format {
        Format::Text => watch::Format::Text,
        Format::Json => watch::Format::Json,
    };
    let options = WatchOptions { format, findings: false, ..WatchOptions::default() };
    retell(&mut recording, options, stdout().lock(), stderr())?;
    Ok(())
}
