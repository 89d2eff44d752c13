//! The tab of files: what it runs, holds, and opened.

use super::super::sheet::Sheet;
use super::super::words::clock;
use crate::app::App;
use crate::model::{Deed, Event, ImageFile, Kind, Link, Process};

/// Acts that are shown, the newest first.
const SHOWN: usize = 100;

/// Writes the tab.
pub(super) fn fill(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    if let Some(image) = process.image() {
        sheet.heading("Program");
        sheet.fact("file", &image.exe.lossless(), sheet.theme.command);
        if let Some(file) = &process.file {
            image_file(sheet, file, app);
        }
        sheet.plain("cwd", &image.cwd.lossless());
    }
    streams(sheet, process);
    super::links(sheet, process, app, "Written and read by others", |link| matches!(link, Link::Program | Link::File));
    opened(sheet, process, app);
}

/// What speaks for or against the file that it runs.
fn image_file(sheet: &mut Sheet<'_>, file: &ImageFile, app: &App) {
    let warn = sheet.theme.warn;
    for (holds, says) in [
        (file.in_memory, "it is in memory only: no directory has it"),
        (file.upper, "it was written after the image was made: drift"),
        (file.foreign, "it lies in a mount namespace that is not the process's own"),
        (file.cwd_foreign, "the working directory lies in a foreign mount namespace"),
        (file.chrooted, "its root is a directory within a mount (chroot)"),
        (file.mode & 0o6000 != 0, "it has the setuid or setgid bit"),
    ] {
        sheet.fact("", if holds { says } else { "" }, warn);
    }
    sheet.plain("owner", &format!("uid {}, mode {:04o}, inode {}", file.uid, file.mode & 0o7777, file.inode));
    if let Some(writer) = file.writer {
        sheet.fact("written by", &app.name_of_process(writer), warn);
    }
}

fn streams(sheet: &mut Sheet<'_>, process: &Process) {
    if process.stdio.iter().all(Option::is_none) {
        return;
    }
    sheet.heading("Streams");
    for (name, stream) in ["stdin", "stdout", "stderr"].into_iter().zip(&process.stdio) {
        let text = stream.as_ref().map_or_else(|| "not known".to_owned(), ToString::to_string);
        sheet.plain(name, &text);
    }
}

/// What it did with files, as far as the events in sight of the screen go back.
fn opened(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    let stream = &app.picture().stream;
    let of_files = |event: &&Event| match event {
        Event::Process(event) if event.process == process.id => match &event.kind {
            Kind::Act(act) => {
                matches!(act.what, Deed::Open(_) | Deed::Name(_) | Deed::Wrote(_) | Deed::Mount(_) | Deed::Memfd { .. })
            }
            _ => false,
        },
        _ => false,
    };
    let mut acts: Vec<&Event> = stream.iter().filter(of_files).collect();
    acts.reverse();
    if acts.is_empty() {
        return;
    }
    let theme = sheet.theme;
    sheet.heading(&format!("Done with files worth a look, within the last {} events", stream.len()));
    for event in acts.iter().take(SHOWN) {
        let Event::Process(event) = event else { continue };
        let Kind::Act(act) = &event.kind else { continue };
        let time = format!("{}  ", clock(event.time, app.settings().utc_offset));
        sheet.line(&[(&time, theme.faint), (&act.to_string(), theme.text)]);
    }
    if acts.len() > SHOWN {
        sheet.fact("", &format!("and {} more", acts.len() - SHOWN), theme.dim);
    }
}
