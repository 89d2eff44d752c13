//! The line of the filter language while it is typed, what may come next above it, and the filter that is in force.

use ratatui::buffer::Buffer;

use super::pen::{Pen, clear, wash};
use super::words::many;
use crate::app::{App, Area};
use crate::escape::shown;
use crate::theme::Theme;

/// Cells of the keys at the end of the line, and what sets them off.
const KEYS: usize = 24;

/// Draws the line into the status line.
pub(super) fn line(pen: &mut Pen<'_>, app: &App, theme: &Theme) {
    let (sign, text, error) = match app.filter.typing {
        true => ("&", &app.filter.query, &app.filter.error),
        false => ("/", &app.search.query, &app.search.error),
    };
    let said = match error {
        Some(error) => error.to_string(),
        None if app.filter.typing && !text.trim().is_empty() => passed(app),
        None if app.search.typing && app.search.active() => super::status::found_count(app),
        None => String::new(),
    };
    pen.text(sign, theme.key);
    // What was typed comes first, and of it the end; but what is wrong with it is to be seen, too.
    let (typed, said) = (shown(text), shown(&said));
    let least = said.width().min(pen.left() / 2) + 3;
    let room = pen.left().saturating_sub(least).max(8);
    let tail: String = text.chars().skip(text.chars().count().saturating_sub(room)).collect();
    match typed.width() > room {
        true => pen.within(&tail, room, theme.text),
        false => pen.shown(&typed, theme.text),
    }
    pen.text("▏", theme.focus);
    pen.skip(2);
    if !said.as_str().is_empty() {
        pen.within(said.as_str(), pen.left(), if error.is_some() { theme.warn } else { theme.dim });
        pen.skip(2);
    }
    if pen.left() < KEYS.saturating_sub(2) {
        return;
    }
    for (key, does) in [("Enter", " keep  "), ("Esc", " back")] {
        pen.text(key, theme.key);
        pen.text(does, theme.dim);
    }
}

/// Draws what may come next, over the line above the status line.
pub(super) fn offers(buffer: &mut Buffer, status: Area, app: &App, theme: &Theme) {
    let offers = &app.aid.offers.candidates;
    if !app.typing() || offers.is_empty() || status.y < 2 {
        return;
    }
    let area = Area { y: status.y - 1, ..status };
    clear(buffer, area);
    wash(buffer, area, theme.text);
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1);
    pen.text("Tab", theme.key);
    pen.skip(2);
    // The one that is chosen is in sight, and it or the only one is explained.
    let told = app.aid.chosen.or((offers.len() == 1).then_some(0)).and_then(|at| offers.get(at));
    let told = told.map(|(_, doc)| *doc).filter(|doc| !doc.is_empty()).unwrap_or_default();
    let room =
        pen.left().saturating_sub(if told.is_empty() { 2 } else { (told.chars().count() + 4).min(pen.left() / 2) });
    let (mut used, mut first) = (0, 0);
    for (at, (word, _)) in offers.iter().enumerate().take(app.aid.chosen.map_or(0, |at| at + 1)) {
        used += word.chars().count() + 2;
        if used > room {
            (first, used) = (at, word.chars().count() + 2);
        }
    }
    let mut left = room;
    for (at, (word, _)) in offers.iter().enumerate().skip(first) {
        if word.chars().count() + 2 > left {
            pen.text("…", theme.faint);
            break;
        }
        left -= word.chars().count() + 2;
        pen.text(word, if app.aid.chosen == Some(at) { theme.focus } else { theme.text });
        pen.skip(2);
    }
    if !told.is_empty() {
        pen.skip(1);
        pen.text(told, theme.dim);
    }
}

/// Draws the filter that is in force, what it leaves, and how it is taken away.
pub(super) fn filter(buffer: &mut Buffer, area: Area, app: &App, theme: &Theme) {
    wash(buffer, area, theme.text);
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1);
    let Some(text) = app.filter.text() else {
        return pen.text("no filter yet: everything is shown", theme.dim);
    };
    pen.text("filter ", theme.paused);
    pen.skip(1);
    let (said, keys) = (passed(app), [("&", " changes it, "), ("Esc", " takes it away")]);
    let keys_width: usize =
        if app.filter.typing { 0 } else { keys.iter().map(|(key, does)| key.len() + does.len()).sum() };
    let room = pen.left().saturating_sub(said.chars().count() + keys_width + 6).max(8);
    pen.within(text, room, theme.title);
    pen.skip(2);
    pen.text(&said, theme.dim);
    pen.skip(2);
    if !app.filter.typing && pen.left() >= keys_width {
        let gap = pen.left() - keys_width;
        pen.skip(gap.saturating_sub(1));
        for (key, does) in keys {
            pen.text(key, theme.key);
            pen.text(does, theme.dim);
        }
    }
}

/// How much the filter leaves.
pub(super) fn passed(app: &App) -> String {
    let processes = many(app.tree.fulfilling as u64, "process", "processes");
    format!("{processes}, {}", many(app.events().len() as u64, "event", "events"))
}
