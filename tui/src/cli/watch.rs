//! `watch`: what happens on this node, line by line.

use anyhow::Context as _;
use rustix::thread::CapabilitySet;

use super::arguments::{Format, Only, WatchArguments};
use super::{Failure, filtering, record, sources};
use crate::clock;
use crate::source::live::OwnFiles;
use crate::watch::{WatchOptions, run};

const COMMAND: &str = "ktrace-tui watch";

/// Tells what happens until it is told to stop, and then how much it was.
pub(super) fn watch(arguments: &WatchArguments) -> Result<(), Failure> {
    let config = arguments.source.config()?;
    let filter = arguments.filter.as_deref().map(|text| filtering::wanted(text, clock::now())).transpose()?;
    let permit = sources::permitted(COMMAND, CapabilitySet::empty())?;
    let recording = &arguments.recording;
    let wanted = recording.record.is_some() || arguments.on_incident.is_some();
    let ring = if arguments.on_incident.is_some() { config.history_size } else { 0 };
    let keep = || record::recorder(recording, arguments.on_incident.clone(), ring);
    let recorder = wanted.then(keep).transpose()?;
    let format = match arguments.format {
        Format::Text => crate::watch::Format::Text,
        Format::Json => crate::watch::Format::Json,
    };
    let options = WatchOptions {
        format,
        duration: arguments.duration,
        events: arguments.only != Some(Only::Findings),
        filter,
        findings: arguments.only != Some(Only::Events),
        exceptions: config.exceptions.clone(),
        baseline: arguments.compare.load()?,
        attention: None,
        rules: None,
        recorder,
    };
    let records = recording.record.iter().chain(&arguments.on_incident).cloned().collect();
    let own = OwnFiles { records, settings: arguments.compare.baseline.iter().cloned().collect() };
    let summary = sources::drive(&config, COMMAND, permit, own, async |node| {
        let options = WatchOptions { attention: Some(node.attention), rules: Some(node.rules), ..options };
        let done = run(node.events, options, std::io::stdout().lock(), std::io::stderr()).await;
        Ok(done.context("cannot write")?)
    })?;
    eprintln!("{}", summary.tally);
    if summary.unrecorded > 0 {
        eprintln!("{} events are in no recording: they could not be written", summary.unrecorded);
    }
    Ok(())
}
