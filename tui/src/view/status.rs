//! The last line: the search or an answer, else rates, losses, runtimes and the keys to know.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::pen::Pen;
use super::typing;
use super::words::{count, duration, many};
use crate::app::{App, Area, Muting};
use crate::model::Health;
use crate::theme::Theme;

/// Cells of the shortest hint and what sets it off.
const HELP: usize = 12;

/// Draws the status line.
pub(super) fn render(buffer: &mut Buffer, area: Area, app: &App, theme: &Theme) {
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1);
    if app.typing() {
        return typing::line(&mut pen, app, theme);
    }
    if let Some(muting) = &app.muting {
        return reason(&mut pen, muting, theme);
    }
    // An answer to the user comes before what may not fit beside it.
    let most = if app.notice.is_some() || app.search.active() { 2 } else { usize::MAX };
    for (at, (text, style)) in facts(app, theme).into_iter().take(most).enumerate() {
        // The way to the help is always in sight; what is left out here stands in the detail of the host.
        if pen.left() < text.chars().count() + 5 + HELP {
            pen.text("  …", theme.warn);
            break;
        }
        if at > 0 {
            pen.text("  │  ", theme.faint);
        }
        pen.text(&text, style);
    }
    if let Some((notice, _)) = &app.notice {
        pen.text("  │  ", theme.faint);
        return pen.text(notice, theme.warn);
    }
    if app.search.active() {
        pen.text("  │  ", theme.faint);
        found(&mut pen, app, theme);
    }
    hints(&mut pen, app, theme);
}

/// `mute RULE of program X because: …▏`
fn reason(pen: &mut Pen<'_>, muting: &Muting, theme: &Theme) {
    pen.text("mute ", theme.key);
    let room = pen.left().saturating_sub(60).max(12);
    pen.within(&muting.says(), room, theme.warn);
    pen.text(" because: ", theme.key);
    pen.within(&muting.because, pen.left().saturating_sub(30).max(8), theme.text);
    pen.text("▏", theme.focus);
    pen.skip(2);
    for (key, does) in [("Tab", " reach  "), ("Enter", " mute  "), ("Esc", " back")] {
        pen.text(key, theme.key);
        pen.text(does, theme.dim);
    }
}

fn found(pen: &mut Pen<'_>, app: &App, theme: &Theme) {
    pen.text("/", theme.key);
    pen.within(&app.search.query, 24, theme.text);
    pen.text(" ", theme.text);
    pen.text(&found_count(app), theme.dim);
}

pub(super) fn found_count(app: &App) -> String {
    let count = app.tree.matches.len();
    match app.match_position() {
        _ if count == 0 => "no match".to_owned(),
        Some(at) => format!("{}/{count}", at + 1),
        None => many(count as u64, "match", "matches"),
    }
}

fn facts(app: &App, theme: &Theme) -> Vec<(String, Style)> {
    let model = app.model();
    let first = match app.replay() {
        true => format!("event #{}", count(app.picture().number)),
        false => format!("{} ev/s", count(app.rate.per_second)),
    };
    let mut facts = vec![(first, theme.text)];
    if let Some(waited) = app.seeking() {
        facts.insert(0, (format!("going there … {}, Esc stops", duration(waited)), theme.warn));
    }
    let lost: u64 = model.totals().lost.values().sum();
    match lost {
        0 => facts.push(("no loss".to_owned(), theme.good)),
        // First, so that it is in sight however narrow the terminal is.
        lost => facts.insert(0, (format!("LOST {}", count(lost)), theme.bad)),
    }
    if app.filter.active() && app.layout().filter.is_none() {
        facts.insert(0, ("FILTERED, Esc ends it".to_owned(), theme.warn));
    }
    if app.unrecorded {
        facts.insert(0, ("NOT RECORDED".to_owned(), theme.bad));
    }
    if model.totals().evicted > 0 {
        facts.push((format!("{} evicted", count(model.totals().evicted)), theme.dim));
    }
    for status in model.statuses() {
        let (mark, style) = match status.health {
            Health::Ok => ("✓", theme.good),
            Health::Degraded => ("degraded", theme.warn),
            Health::Missing => ("✗", theme.warn),
        };
        // What works is named only where it is a runtime; what does not is always named.
        let runtime = !status.topic.contains(' ');
        if runtime || status.health != Health::Ok {
            facts.push((format!("{} {mark}", status.topic), style));
        }
    }
    facts
}

/// As many keys as there is room for, at the right.
fn hints(pen: &mut Pen<'_>, app: &App, theme: &Theme) {
    let present = [
        ("?", "help"),
        ("/", "search"),
        ("i", "incidents"),
        ("p", "pause"),
        ("&", "filter"),
        ("f", "follow"),
        ("Enter", "detail"),
        ("q", "quit"),
    ];
    let past = [
        ("?", "help"),
        if app.replay() { ("t", "time line") } else { ("0", "now") },
        (
            "p",
            if app.playing() {
                "pause"
            } else if app.only_stopped() {
                "go on"
            } else {
                "play"
            },
        ),
        ("[ ]", "event"),
        ("{ }", "finding"),
        ("T", "go to"),
        ("/", "search"),
        ("&", "filter"),
        ("q", "quit"),
    ];
    let hints: &[(&str, &str)] = if app.travelling() { &past } else { &present };
    let width = |(key, does): &(&str, &str)| key.len() + 1 + does.len() + 2;
    let mut shown = Vec::new();
    let mut room = pen.left().saturating_sub(3);
    for hint in hints {
        if width(hint) > room {
            break;
        }
        room -= width(hint);
        shown.push(hint);
    }
    let used: usize = shown.iter().map(|hint| width(hint)).sum();
    let gap = pen.left().saturating_sub(used);
    pen.skip(gap);
    for (key, does) in shown {
        pen.text(key, theme.key);
        pen.text(&format!(" {does}  "), theme.dim);
    }
}
