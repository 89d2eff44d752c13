//! `report`: an incident of a recording, written up.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use super::arguments::{ReportArguments, ReportFormat};
use super::reading::{self, Reading, Step};
use super::rules::judged;
use super::{Exit, Failure, hashes};
use crate::detect::Detector;
use crate::export::redact::Redactor;
use crate::export::report::{Clock, Collector, Dossier, dot, html, json, markdown, mermaid};
use crate::model::Model;

/// Reads a file to its end, and writes up what was found.
pub(super) fn report(arguments: &ReportArguments) -> Result<(), Failure> {
    let config = arguments.config()?;
    if let Some(out) = &arguments.out {
        not_itself(&arguments.file, out)?;
    }
    let mut collector = Collector::default();
    let observe = &mut |step: Step<'_>, model: &Model, detector: &Detector| match step {
        Step::Event(event) => collector.happened(event, model),
        Step::Found(event, news) => collector.found(event, news, model, detector),
    };
    let Reading { model, detector, proof, key } =
        reading::read(&arguments.file, &judged(&config, &arguments.own), observe)?;
    let mut dossiers = match arguments.incident {
        Some(id) => vec![one(id, &mut collector, &model, &detector)?],
        None => collector.finish(&model, &detector),
    };
    for dossier in &mut dossiers {
        dossier.proof = proof.clone();
    }
    hashes::fill(&mut dossiers, &model);
    if arguments.redact {
        let mut redactor = Redactor::new(key);
        dossiers.iter().for_each(|dossier| redactor.learn_dossier(dossier));
        dossiers = dossiers.into_iter().map(|dossier| redactor.dossier(dossier)).collect();
    }
    let text = written(&dossiers, arguments.format)?;
    match arguments.out.as_deref().filter(|out| *out != Path::new("-")) {
        Some(out) => keep(out, text.as_bytes()).with_context(|| format!("cannot write {}", out.display()))?,
        None => print(text.as_bytes())?,
    }
    Ok(())
}

fn one(id: u64, collector: &mut Collector, model: &Model, detector: &Detector) -> Result<Dossier, Failure> {
    if let Some(incident) = detector.incident(id, model) {
        return Ok(collector.dossier(&incident, model, detector));
    }
    let names: Vec<String> = detector.incidents(model).iter().map(|incident| incident.name()).collect();
    let names = if names.is_empty() { "there is none".to_owned() } else { format!("there are {}", names.join(", ")) };
    Err(Failure::new(Exit::Failed, format!("no incident i{id}: {names}")))
}

fn written(dossiers: &[Dossier], format: ReportFormat) -> Result<String, Failure> {
    let clock = Clock::of_here();
    Ok(match format {
        ReportFormat::Md => markdown(dossiers, clock),
        ReportFormat::Html => html(dossiers, clock),
        ReportFormat::Json => json(dossiers).context("cannot write the report as JSON")?,
        ReportFormat::Mermaid => mermaid(dossiers),
        ReportFormat::Dot => dot(dossiers),
    })
}

/// A report does not take the place of what it was written from.
pub(super) fn not_itself(file: &Path, out: &Path) -> Result<(), Failure> {
    let (Ok(file), Ok(out_is)) = (fs::metadata(file), fs::metadata(out)) else { return Ok(()) };
    if (file.dev(), file.ino()) == (out_is.dev(), out_is.ino()) && out_is.is_file() {
        let message = format!("{} is what is read: name another file to write to", out.display());
        return Err(Failure::new(Exit::Failed, message));
    }
    Ok(())
}

/// Writes a file that only its owner may read, whole or not at all; it takes the place of one that is there.
pub(super) fn keep(out: &Path, text: &[u8]) -> io::Result<()> {
    if fs::metadata(out).is_ok_and(|there| !there.is_file()) {
        // A pipe, a terminal: nothing can take its place.
        return OpenOptions::new().write(true).open(out)?.write_all(text);
    }
    let (mut file, beside) = beside(out)?;
    let done = file.write_all(text).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, out));
    if done.is_err() {
        // What counts is why it could not be written.
        let _ = fs::remove_file(&beside);
    }
    done
}

/// A new file in the directory of `out`.
fn beside(out: &Path) -> io::Result<(File, PathBuf)> {
    let name = out.file_name().ok_or_else(|| io::Error::from(ErrorKind::InvalidInput))?;
    for number in 0_u32.. {
        let mut name = name.to_owned();
        name.push(format!(".{}-{number}", std::process::id()));
        let path = out.with_file_name(name);
        match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            opened => return opened.map(|file| (file, path)),
        }
    }
    Err(io::Error::from(ErrorKind::AlreadyExists))
}

pub(super) fn print(text: &[u8]) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text).and_then(|()| out.flush()) {
        // Whoever read it has enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => Ok(done.context("cannot write to stdout")?),
    }
}
