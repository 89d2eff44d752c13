//! `findings`: what was found in a recording.

use std::io::{self, ErrorKind, Write};

use anyhow::Context as _;

use super::arguments::{FindingsArguments, Format};
use super::reading::Judged;
use super::rules::judged;
use super::{Failure, reading};
use crate::detect::Detector;
use crate::export::{json, text};
use crate::model::Model;

/// Reads a file to its end, and tells what was found.
pub(super) fn findings(arguments: &FindingsArguments) -> Result<(), Failure> {
    let config = arguments.config()?;
    let judged = Judged { baseline: arguments.compare.load()?, ..judged(&config, &arguments.own) };
    let reading = reading::read(&arguments.file, &judged, &mut |_, _, _| {})?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    match tell(&mut out, arguments.format, &reading.model, &reading.detector).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done.context("cannot write").map_err(Failure::from),
    }
}

fn tell(out: &mut impl Write, format: Format, model: &Model, detector: &Detector) -> io::Result<()> {
    for finding in detector.findings() {
        match format {
            Format::Json => json::write_finding(out, finding, model)?,
            Format::Text => text::write_finding(out, finding, model)?,
        }
    }
    for incident in detector.incidents(model) {
        match format {
            Format::Json => json::write_incident(out, &incident, detector, model)?,
            Format::Text => text::write_incident(out, &incident, detector)?,
        }
    }
    Ok(())
}
