//! `findings`: what was found in a recording of another sensor.

use std::io::{self, ErrorKind, Write};
use std::path::Path;

use anyhow::Context as _;

use super::arguments::{FindingsArguments, Format};
use super::{Failure, import};
use crate::detect::Detector;
use crate::export::{json, text};
use crate::model::Model;

/// Reads a file to its end, and tells what was found.
pub(super) fn findings(arguments: &FindingsArguments) -> Result<(), Failure> {
    let config = arguments.config()?;
    let (model, detector) = read(&arguments.file, Detector::new(config.exceptions))?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    match tell(&mut out, arguments.format, &model, &detector).and_then(|()| out.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done.context("cannot write").map_err(Failure::from),
    }
}

fn read(file: &Path, mut detector: Detector) -> Result<(Model, Detector), Failure> {
    let mut model = Model::default();
    import::read(file, |event| {
        model.apply(&event);
        detector.observe(&event, &model);
    })?;
    Ok((model, detector))
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
