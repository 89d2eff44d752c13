//! The first line: which node, and how much of everything.

use ratatui::buffer::Buffer;

use super::incidents::severity;
use super::pen::Pen;
use super::timeline::found_mark;
use super::words::{ago, clock, count, many};
use crate::app::{App, Area};
use crate::theme::Theme;

/// Draws the header.
pub(super) fn render(buffer: &mut Buffer, area: Area, app: &App, theme: &Theme) {
    let room = usize::from(area.width).saturating_sub(14);
    let state = state(app, room);
    let width = state.chars().count();
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1);
    pen.text("ktrace-tui", theme.title);
    let room = pen.left().saturating_sub(width + 4);
    let host = &app.model().boot().host;
    if !host.is_empty() {
        pen.text("  ", theme.dim);
        pen.within(host, room.min(40), theme.text);
    }
    if app.model().version() > 0 && app.alarms().list.is_empty() {
        let part = "nothing found";
        if pen.left() > part.len() + width + 6 {
            pen.text("  ✓ ", theme.good);
            pen.text(part, theme.good);
        }
    }
    for (worst, count) in app.alarms().counts() {
        let part = format!("{} {count} {}", found_mark(worst), worst.name());
        if pen.left() < part.chars().count() + width + 6 {
            break;
        }
        pen.text("  ", theme.faint);
        pen.text(&format!(" {part} "), severity(worst, theme));
    }
    for part in sums(app) {
        if pen.left() < part.chars().count() + width + 8 {
            break;
        }
        pen.text("  ·  ", theme.faint);
        pen.text(&part, theme.dim);
    }
    if !state.is_empty() && pen.left() > width {
        let gap = pen.left() - width - 1;
        pen.skip(gap);
        pen.text(&state, if app.travelling() { theme.paused } else { theme.focus });
    }
}

fn sums(app: &App) -> Vec<String> {
    let totals = app.model().totals();
    if app.model().version() == 0 {
        return Vec::new();
    }
    let mut sums = vec![
        many(app.tree.containers as u64, "container", "containers"),
        format!("{} alive", count(totals.alive as u64)),
        format!("{} ended", count(totals.dead as u64 + totals.evicted)),
    ];
    if app.tree.services > 0 {
        sums.insert(1, many(app.tree.services as u64, "service", "services"));
    }
    sums
}

/// Where the cursor is, how it goes on, and what came meanwhile; the last is left out first where there is no room.
fn cursor(app: &App, room: usize) -> String {
    let at = clock(app.now(), app.settings().utc_offset);
    let state = match (app.playing(), app.replay()) {
        (true, _) => format!("▶ {} {at}", app.speed()),
        (false, true) => format!("■ {at}"),
        (false, false) => format!("PAUSED {at}"),
    };
    let mut parts = Vec::new();
    if let Some(behind) = app.behind() {
        parts.push(format!(", {} ago", ago(behind)));
        match (app.found_meanwhile(), app.waiting()) {
            (0, 0) => {}
            (0, events) => parts.push(format!(" · {} waiting", many(events, "event", "events"))),
            (found, _) => parts.push(format!(" · {}", many(found, "new finding", "new findings"))),
        }
    }
    if let Some(silence) = app.silence().filter(|_| app.playing()) {
        parts.push(format!(" · next in {}", ago(silence)));
    }
    let mut said = state;
    for part in parts {
        if said.chars().count() + part.chars().count() + 2 > room {
            break;
        }
        said.push_str(&part);
    }
    said
}

/// What is out of the ordinary about what is shown.
fn state(app: &App, room: usize) -> String {
    if app.travelling() {
        format!(" {} ", cursor(app, room))
    } else if app.following {
        "FOLLOWING".to_owned()
    } else if app.ended {
        "ENDED".to_owned()
    } else {
        String::new()
    }
}
