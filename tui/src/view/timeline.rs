//! The time line: what happened when, what was found, what is missing, and the cursor.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::incidents::mark;
use super::pen::{Pen, wash};
use super::words::{EIGHTHS, clock, date, duration};
use crate::app::{App, Area, Column, Pane, Panel, Timeline};
use crate::detect::Severity;
use crate::model::Time;
use crate::theme::Theme;

/// Cells of a time below the line, and what sets it off from the next.
const LABEL: u16 = 14;

/// Draws the time line.
pub(super) fn render(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme) {
    let line = app.timeline(pane.body.width);
    super::title(buffer, pane, Panel::Timeline, app, theme, "Time", &note(&line, app));
    let height = pane.body.height;
    if line.columns.is_empty() {
        let mut pen = Pen::new(buffer, pane.body, 0);
        pen.skip(2);
        return pen.text("nothing is kept yet", theme.faint);
    }
    let below = if height >= 4 { 2 } else { 1 };
    let rows = height.saturating_sub(below);
    for (x, (column, (mark, style))) in (pane.body.x..).zip(line.columns.iter().zip(marks(&line, theme))) {
        density(buffer, Area { x, width: 1, height: rows, ..pane.body }, column, theme);
        Pen::new(buffer, Area { x, width: 1, ..pane.body }, rows).text(mark, style);
    }
    if let Some(at) = line.cursor {
        let x = pane.body.x + u16::try_from(at).unwrap_or(0);
        cursor(buffer, Area { x, width: 1, height: rows + 1, ..pane.body }, theme);
    }
    if below > 1 {
        labels(buffer, Area { y: pane.body.y + rows + 1, height: 1, ..pane.body }, &line, app, theme);
    }
}

/// From when to when, in local time.
fn note(line: &Timeline, app: &App) -> String {
    if line.columns.is_empty() {
        return String::new();
    }
    let offset = app.settings().utc_offset;
    let whole = |time: Time| clock(time, offset).split('.').next().unwrap_or_default().to_owned();
    let days = (date(line.from, offset), date(line.to, offset));
    let (from, to) = match days.0 == days.1 {
        true => (format!("{} {}", days.0, whole(line.from)), whole(line.to)),
        false => (format!("{} {}", days.0, whole(line.from)), format!("{} {}", days.1, whole(line.to))),
    };
    let zoom = if app.zoom() > 0 { format!(" · zoom {}x", 1_u64 << app.zoom().min(63)) } else { String::new() };
    format!("{from} – {to} · {}{zoom}", duration(line.to.since(line.from)))
}

/// How much happened: a bar from the lowest row up. What is missing is said in its place.
fn density(buffer: &mut Buffer, area: Area, column: &Column, theme: &Theme) {
    let eighths = (column.height * f64::from(area.height) * 8.0).ceil() as usize;
    for row in 0..area.height {
        let below = usize::from(area.height - 1 - row) * 8;
        let fill = eighths.saturating_sub(below).min(8);
        let mut pen = Pen::new(buffer, area, row);
        match column.lost {
            true if row + 1 == area.height => pen.text("×", theme.bad),
            true => {}
            false if fill > 0 => pen.text(EIGHTHS[fill].encode_utf8(&mut [0; 4]), theme.net),
            false if row + 1 == area.height => pen.text("·", theme.faint),
            false => {}
        }
    }
}

/// A mark for each column: the worst that was found; what was written stands there, or right beside it.
fn marks(line: &Timeline, theme: &Theme) -> Vec<(&'static str, Style)> {
    let found = |column: &Column| match column.found {
        Some(found) => (found_mark(found), mark(found, theme)),
        None => (" ", theme.text),
    };
    let mut marks: Vec<_> = line.columns.iter().map(found).collect();
    for at in (0..marks.len()).filter(|at| line.columns[*at].note) {
        let mut places = [Some(at), at.checked_sub(1), Some(at + 1)].into_iter().flatten();
        if let Some(free) = places.find(|at| marks.get(*at).is_some_and(|(mark, _)| *mark == " ")) {
            marks[free] = ("✎", theme.key);
        }
    }
    marks
}

/// The mark of a finding, told apart without colours.
pub(super) fn found_mark(found: Severity) -> &'static str {
    match found {
        Severity::Critical => "◆",
        Severity::High => "▲",
        Severity::Medium => "●",
        Severity::Low | Severity::Info => "∘",
    }
}

/// The cursor lies over what is there; where nothing is, it is a line.
fn cursor(buffer: &mut Buffer, area: Area, theme: &Theme) {
    for row in 0..area.height {
        let cell = (area.x, area.y + row);
        let blank = buffer.cell(cell).is_some_and(|cell| [" ", "·"].contains(&cell.symbol()));
        if blank {
            Pen::new(buffer, area, row).text("│", theme.text);
        }
    }
    wash(buffer, area, theme.paused);
}

/// Times below the line: the ends, and as many between as there is room for.
fn labels(buffer: &mut Buffer, area: Area, line: &Timeline, app: &App, theme: &Theme) {
    let many = (area.width / (LABEL * 2)).max(1);
    let length = u128::from(line.to.since(line.from));
    for at in 0..=many {
        let time = Time(line.from.0 + u64::try_from(length * u128::from(at) / u128::from(many)).unwrap_or(0));
        let text = clock(time, app.settings().utc_offset);
        // Below a second, the milliseconds tell them apart.
        let text = if length > 60_000_000_000 { text.split('.').next().unwrap_or_default() } else { &text };
        let width = text.len() as u16 + 1;
        let middle = u32::from(area.width) * u32::from(at) / u32::from(many);
        let x = u16::try_from(middle).unwrap_or(0).saturating_sub(if at == 0 { 0 } else { width / 2 });
        let x = x.min(area.width.saturating_sub(width));
        let mut pen = Pen::new(buffer, area, 0);
        pen.skip(x.into());
        pen.text(text, theme.faint);
    }
}
