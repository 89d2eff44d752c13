//! What leaves from the screen: reports and pictures into files, pieces of text onto the clipboard of the terminal.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use crossterm::clipboard::CopyToClipboard;

use crate::app::{App, Export};
use crate::export::report::{Clock, Collector, Dossier, Proof, html, json, markdown};

/// Hands text to the terminal, which puts it onto its clipboard if it lets programs do that (OSC 52).
///
/// # Errors
/// When it cannot be written.
pub(super) fn copy(to: &mut impl Write, text: &str) -> anyhow::Result<()> {
    crossterm::execute!(to, CopyToClipboard::to_clipboard_from(text)).context("cannot write to the terminal")
}

/// Writes the incident that is asked for to a new file that only its owner may read.
///
/// # Errors
/// When there is no such incident at the moment that is shown, or the file is there, or cannot be written.
pub(super) fn report(app: &App, what: Export, file: &str) -> anyhow::Result<()> {
    let clock = Clock::of_here();
    let text = match what {
        Export::Markdown(id) => markdown(&[dossier(app, id)?], clock),
        Export::Html(id) => html(&[dossier(app, id)?], clock),
        Export::Json(id) => json(&[dossier(app, id)?]).context("cannot write it as JSON")?,
        Export::Picture => bail!("a picture is no report"),
    };
    write(Path::new(file), text.as_bytes())
}

/// What is known of an incident at the moment that is shown.
fn dossier(app: &App, id: u64) -> anyhow::Result<Dossier> {
    let (model, detector) = (app.model(), app.detector());
    let incident = detector.incident(id, model).with_context(|| format!("there is no incident i{id} any more"))?;
    let mut collector = Collector::default();
    collector.gather(model, detector);
    let mut dossier = collector.dossier(&incident, model, detector);
    dossier.proof = Proof::Screen { recording: app.replay() };
    Ok(dossier)
}

/// Writes a new file; one that is there is never written over.
///
/// # Errors
/// When it is there, or cannot be written.
pub(super) fn write(file: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(0o600).open(file);
    let mut opened = match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            bail!("{} is there already: choose another name", file.display())
        }
        opened => opened.with_context(|| format!("cannot write {}", file.display()))?,
    };
    opened.write_all(bytes).with_context(|| format!("cannot write {}", file.display()))
}
