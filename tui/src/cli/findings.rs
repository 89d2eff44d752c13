//! `findings`: what was found in a recording of another sensor.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Write};
use std::path::Path;

use anyhow::Context as _;

use super::arguments::{FindingsArguments, Format};
use super::{Exit, Failure};
use crate::detect::Detector;
use crate::export::{json, text};
use crate::model::Model;
use crate::source::tetragon::Import;

/// Bad lines that are named; more are counted.
const NAMED: usize = 3;

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
    let name = file.display();
    let open = || -> io::Result<Box<dyn BufRead>> {
        if file == Path::new("-") {
            return Ok(Box::new(BufReader::new(io::stdin())));
        }
        Ok(Box::new(BufReader::new(File::open(file)?)))
    };
    let lines = open().with_context(|| format!("cannot read {name}"))?;
    let (mut import, mut model) = (Import::default(), Model::default());
    let (mut taken, mut bad) = (0_u64, 0_usize);
    for (number, line) in lines.split(b'\n').enumerate() {
        let line = line.with_context(|| format!("cannot read {name}"))?;
        let line = String::from_utf8_lossy(&line);
        if line.trim().is_empty() {
            continue;
        }
        match import.line(&line) {
            Ok(events) => {
                taken += 1;
                for event in events {
                    model.apply(&event);
                    detector.observe(&event, &model);
                }
            }
            Err(error) => {
                bad += 1;
                if bad <= NAMED {
                    eprintln!("{name}, line {}: passed over: {error}", number + 1);
                }
            }
        }
    }
    if bad > NAMED {
        eprintln!("{name}: {bad} lines were passed over in all");
    }
    if taken == 0 {
        let message = format!("{name} holds no event: JSON lines as Tetragon exports them are wanted");
        return Err(Failure::new(Exit::Failed, message));
    }
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
