//! What leaves from the screen: reports and pictures into files, pieces of text onto the clipboard of the terminal.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use anyhow::{Context as _, bail};
use crossterm::clipboard::CopyToClipboard;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::app::{App, Export};
use crate::escape::shown;
use crate::export::report::{Clock, Collector, Dossier, Proof, html, json, markdown};
use crate::picture::{Paper, svg};
use crate::theme::Theme;
use crate::view;

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

/// Writes what is on the screen to a new file that only its owner may read, as SVG. [`App::prepare`] comes before.
///
/// # Errors
/// When the file is there, or cannot be written.
pub(super) fn picture(app: &App, theme: &Theme, file: &str) -> anyhow::Result<()> {
    let mut frame = Buffer::empty(Rect::new(0, 0, app.size.0, app.size.1));
    view::draw(&mut frame, app, theme);
    write(Path::new(file), svg(&frame, Paper::of(theme), &title(app)).as_bytes())
}

/// What a picture of the screen is called.
pub(super) fn title(app: &App) -> String {
    let (view, host) = (app.view.name(), shown(&app.model().boot().host));
    match host.as_str() {
        "" => format!("ktrace-tui: {view}"),
        host => format!("ktrace-tui: {view} of {host}"),
    }
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

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use std::os::unix::fs::PermissionsExt as _;

    use super::*;
    use crate::action::{self, Keymap};
    use crate::app::Effect;
    use crate::app::desk::Desk;

    #[test]
    fn the_screen_is_written_as_it_is_to_a_new_file_of_its_owner() {
        let mut desk = Desk::replay((80, 24));
        let keymap = Keymap::default();
        let mut press = |key: &str| action::press(&keymap, &mut desk.app, key.parse().unwrap());
        let [.., asked] = ["x", "s", "Enter"].map(&mut press);
        let Some(Effect::Export(Export::Picture, name)) = asked else { panic!("{asked:?}") };
        assert_eq!(name, "ktrace-node-7-tree.svg");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(name);
        desk.app.prepare();
        picture(&desk.app, &Theme::dark(), file.to_str().unwrap()).unwrap();
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        let text = std::fs::read_to_string(&file).unwrap();
        let document = roxmltree::Document::parse(&text).unwrap();
        let texts: Vec<_> = document.descendants().filter_map(|node| node.text()).collect();
        assert!(texts.contains(&"ktrace-tui: Tree of node-7"), "{texts:?}");
        assert!(texts.iter().any(|text| text.contains("nginx")), "{texts:?}");
        let again = picture(&desk.app, &Theme::dark(), file.to_str().unwrap()).unwrap_err();
        assert!(again.to_string().contains("is there already: choose another name"), "{again}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), text, "it was not touched");
    }
}
