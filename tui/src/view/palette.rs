//! The palette: what is typed, and what was found by it.

use ratatui::buffer::Buffer;

use super::frame::frame;
use super::pen::{Pen, clear, wash};
use super::words::count;
use crate::app::{App, Area, Palette};
use crate::escape::shown;
use crate::theme::Theme;

/// Draws the box.
pub(super) fn render(buffer: &mut Buffer, palette: &Palette, app: &App, theme: &Theme) {
    let (width, height) = app.size;
    let wide = width.min(90);
    let tall = height.saturating_sub(2).min(20).max(height.min(1));
    let area = Area { x: (width - wide) / 2, y: (height - tall) / 3, width: wide, height: tall };
    clear(buffer, area);
    wash(buffer, area, theme.text);
    let found = palette.found();
    let title = format!(
        "─ {} · {} of {} · Enter · Esc ",
        palette.title,
        count(found.len() as u64),
        count(palette.count() as u64)
    );
    frame(buffer, area, &title, theme);
    let inner = Area { x: area.x + 2, y: area.y + 1, width: wide.saturating_sub(4), height: tall.saturating_sub(2) };
    let mut pen = Pen::new(buffer, inner, 0);
    pen.text("› ", theme.key);
    let room = pen.left().saturating_sub(1);
    let typed: String = palette.query.chars().rev().take(room).collect::<Vec<_>>().into_iter().rev().collect();
    pen.text(&typed, theme.title);
    pen.text("▏", theme.focus);
    let list = Area { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let top = (palette.cursor + 1).saturating_sub(usize::from(list.height.max(1)));
    if found.len() == 0 {
        return Pen::new(buffer, list, 0).text("nothing has these letters in this order", theme.faint);
    }
    for (line, (at, goal)) in (0..list.height).zip(found.enumerate().skip(top)) {
        let mut pen = Pen::new(buffer, list, line);
        pen.column(goal.sort, 10, theme.faint);
        let note = shown(&goal.note).fit(24);
        let room = pen.left().saturating_sub(note.width() + 1);
        pen.within(&goal.text, room, theme.text);
        let gap = pen.left().saturating_sub(note.width());
        pen.skip(gap);
        pen.shown(&note, theme.key);
        if at == palette.cursor {
            wash(buffer, Area { y: list.y + line, height: 1, ..list }, theme.selected);
        }
    }
}
