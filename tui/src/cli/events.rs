//! `events`: what happened in a recording.

use std::io::{stderr, stdout};

use super::arguments::{EventFormat, EventsArguments};
use super::progress::Bar;
use super::reading::Judged;
use super::{Failure, filtering, reading};
use crate::model::Time;
use crate::watch::{self, WatchOptions, retell};

/// Tells every event of a recording, as `watch` told it.
pub(super) fn events(arguments: &EventsArguments) -> Result<(), Failure> {
    if let Some(text) = &arguments.filter {
        // What is wrong with it is said before anything is read.
        filtering::wanted(text, Time(0))?;
    }
    let mut tape = reading::open_tape(&arguments.file, &Judged::default())?;
    let end = tape.outline()?.times().map_or(Time(0), |(_, end)| end);
    let filter = arguments.filter.as_deref().map(|text| filtering::wanted(text, end)).transpose()?;
    let format = match arguments.format {
        EventFormat::Text => watch::Format::Text,
        EventFormat::Json => watch::Format::Json,
        EventFormat::Ocsf => watch::Format::Ocsf,
    };
    let options = WatchOptions { format, filter, findings: false, ..WatchOptions::default() };
    let mut bar = Bar::new("reading");
    retell(tape.as_mut(), options, stdout().lock(), stderr(), &mut |done, of| bar.step(done, of))?;
    Ok(())
}
