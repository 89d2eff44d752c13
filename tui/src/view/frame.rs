//! The frame of a box that lies over the rest.

use ratatui::buffer::Buffer;

use super::pen::Pen;
use crate::app::Area;
use crate::theme::Theme;

/// Draws a frame with a title along the edges of an area, and blanks what is inside.
pub(super) fn frame(buffer: &mut Buffer, area: Area, title: &str, theme: &Theme) {
    for line in 0..area.height {
        let (left, fill, right) = match line {
            0 => ("╭", '─', "╮"),
            line if line + 1 == area.height => ("╰", '─', "╯"),
            _ => ("│", ' ', "│"),
        };
        let inner = Area { width: area.width.saturating_sub(1), ..area };
        let mut pen = Pen::new(buffer, inner, line);
        pen.text(left, theme.faint);
        if line == 0 {
            pen.text(title, theme.focus);
        }
        pen.fill(fill, theme.faint);
        let edge = Area { x: area.x + area.width.saturating_sub(1), width: area.width.min(1), ..area };
        Pen::new(buffer, edge, line).text(right, theme.faint);
    }
}
