//! The list of notes and marks, over everything.

use ratatui::buffer::Buffer;

use super::frame::frame;
use super::pen::{Pen, clear, wash};
use super::words::clock;
use crate::app::{App, Area};
use crate::theme::Theme;

/// Draws the list.
pub(super) fn render(buffer: &mut Buffer, cursor: usize, app: &App, theme: &Theme) {
    let notes = app.notes();
    let (width, height) = app.size;
    let lines = u16::try_from(notes.len().max(1)).unwrap_or(u16::MAX);
    let tall = lines.saturating_add(2).min(height.saturating_sub(2)).max(height.min(1));
    let wide = width.min(100);
    let area = Area { x: (width - wide) / 2, y: (height - tall) / 2, width: wide, height: tall };
    clear(buffer, area);
    wash(buffer, area, theme.text);
    frame(buffer, area, "─ Notes · Enter goes there · e edits · x deletes · Esc closes ", theme);
    let inner = Area { x: area.x + 2, y: area.y + 1, width: wide.saturating_sub(4), height: tall.saturating_sub(2) };
    if notes.is_empty() {
        return Pen::new(buffer, inner, 0).text("none yet: b marks a moment, B writes a note", theme.dim);
    }
    let cursor = cursor.min(notes.len() - 1);
    let top = (cursor + 1).saturating_sub(usize::from(inner.height.max(1)));
    for (line, (at, note)) in (0..inner.height).zip(notes.iter().enumerate().skip(top)) {
        let mut pen = Pen::new(buffer, inner, line);
        pen.column(if note.mark && note.text.is_empty() { "⚑" } else { "✎" }, 2, theme.key);
        pen.column(&clock(note.time, app.settings().utc_offset), 13, theme.dim);
        pen.right(&note.process.map(|id| id.pid.to_string()).unwrap_or_default(), 7, theme.text);
        pen.skip(2);
        pen.column(&note.author, 10, theme.dim);
        pen.text(if note.text.is_empty() { "(a mark)" } else { &note.text }, theme.text);
        if at == cursor {
            wash(buffer, Area { y: inner.y + line, height: 1, ..inner }, theme.selected);
        }
    }
}
