//! What may be pressed next, while keys are begun.

use ratatui::buffer::Buffer;

use super::frame::frame;
use super::pen::{Pen, clear, wash};
use crate::app::{App, Area, Chord};
use crate::theme::Theme;

/// Draws the box above the status line.
pub(super) fn render(buffer: &mut Buffer, chord: &Chord, app: &App, theme: &Theme) {
    let (width, height) = app.size;
    let two = width >= 100 && chord.next.len() > 6;
    let lines = if two { chord.next.len().div_ceil(2) } else { chord.next.len() };
    let tall = u16::try_from(lines).unwrap_or(u16::MAX).saturating_add(2).min(height.saturating_sub(1));
    let area = Area { x: 0, y: height.saturating_sub(tall + 1), width, height: tall };
    clear(buffer, area);
    wash(buffer, area, theme.text);
    frame(buffer, area, &format!("─ {} … · Esc ", chord.typed), theme);
    let inner = Area { x: 2, y: area.y + 1, width: width.saturating_sub(4), height: tall.saturating_sub(2) };
    let column = if two { inner.width / 2 } else { inner.width };
    for (at, (key, does)) in chord.next.iter().enumerate() {
        let (line, right) = if two { (at % lines, at / lines) } else { (at, 0) };
        let place = Area { x: inner.x + column * right as u16, width: column, ..inner };
        let mut pen = Pen::new(buffer, place, u16::try_from(line).unwrap_or(u16::MAX));
        pen.column(key, 6, theme.key);
        pen.text(does, theme.text);
    }
}
