//! How it looks: one panel per file, drawn from shared references, changing nothing.

use ratatui::Frame;
use ratatui::buffer::Buffer;

use crate::app::{App, Measure, Panel, View};
use crate::theme::Theme;

mod ascii;
mod audited;
mod caps;
mod caption;
mod chain;
mod chord;
mod containers;
mod containing;
mod detail;
mod fleet;
mod frame;
mod group_row;
mod header;
mod help;
mod incidents;
mod moments;
mod names;
mod network;
mod notes;
mod palette;
mod pen;
mod process_row;
mod prompt;
mod rail;
mod session;
mod sheet;
mod status;
mod stream;
mod table;
mod timeline;
mod tree;
mod typing;
mod views;
mod words;

#[cfg(test)]
mod tests;

pub use ascii::ascii;
pub use fleet::{draw_fleet, fleet};

pub use crate::escape::{Shown, shown, shown_within};

/// Draws the whole screen, and tells what only drawing can tell. [`App::prepare`] comes before.
pub fn render(frame: &mut Frame<'_>, app: &App, theme: &Theme) -> Measure {
    draw(frame.buffer_mut(), app, theme)
}

/// As [`render`], into any buffer.
pub fn draw(buffer: &mut Buffer, app: &App, theme: &Theme) -> Measure {
    let layout = app.layout();
    let mut measure = Measure::default();
    if let Some(area) = layout.header {
        header::render(buffer, area, app, theme);
    }
    if let Some(area) = layout.views {
        views::render(buffer, area, app, theme);
    }
    if let Some(area) = layout.filter {
        typing::filter(buffer, area, app, theme);
    }
    if let Some(pane) = layout.caption {
        caption::render(buffer, pane, app, theme);
    }
    if let Some(pane) = layout.tree {
        tree::render(buffer, pane, app, theme);
    }
    if let Some(pane) = layout.table {
        match app.view {
            View::Containers => containers::render(buffer, pane, app, theme),
            View::Network => network::render(buffer, pane, app, theme),
            View::Audit => audited::render(buffer, pane, app, theme),
            _ => moments::render(buffer, pane, app, theme),
        }
    }
    if let Some(area) = layout.divider {
        for line in 0..area.height {
            pen::Pen::new(buffer, area, line).text("│", theme.faint);
        }
    }
    if let Some(pane) = layout.detail {
        measure.detail = detail::render(buffer, pane, app, theme);
    }
    if let Some(pane) = layout.incidents {
        incidents::render(buffer, pane, app, theme);
    }
    if let Some(pane) = layout.chain {
        chain::render(buffer, pane, app, theme);
    }
    if let Some(pane) = layout.events {
        stream::render(buffer, pane, app, theme);
    }
    if let Some(pane) = layout.timeline {
        timeline::render(buffer, pane, app, theme);
    }
    status::render(buffer, layout.status, app, theme);
    typing::offers(buffer, layout.status, app, theme);
    if let Some(cursor) = app.notes_cursor {
        notes::render(buffer, cursor, app, theme);
    }
    if let Some(prompt) = &app.prompt {
        prompt::render(buffer, prompt, app, theme);
    }
    if let Some(asked) = &app.containing {
        containing::render(buffer, asked, app, theme);
    }
    if let Some(palette) = &app.palette {
        palette::render(buffer, palette, app, theme);
    }
    if let Some(chord) = &app.chord {
        chord::render(buffer, chord, app, theme);
    }
    if app.help.is_some() {
        measure.help = help::render(buffer, app, theme);
    }
    measure
}

/// The title line of a panel: a rule with a name, marked when the panel has the keys.
fn title(buffer: &mut Buffer, pane: crate::app::Pane, panel: Panel, app: &App, theme: &Theme, name: &str, note: &str) {
    let mut pen = pen::Pen::new(buffer, pane.title, 0);
    let focused = app.focus == panel;
    pen.text(if focused { "▸ " } else { "─ " }, if focused { theme.focus } else { theme.faint });
    pen.text(name, if focused { theme.focus } else { theme.label });
    if !note.is_empty() {
        pen.text("  ", theme.dim);
        pen.text(note, theme.dim);
    }
    pen.text(" ", theme.faint);
    pen.fill('─', theme.faint);
}
