//! The pen: writes along one line of cells and cannot leave it. Everything on the screen passes through here.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use crate::app::Area;
use crate::escape::{Shown, shown_within};

/// Writes on one line, from left to right.
pub(super) struct Pen<'a> {
    buffer: &'a mut Buffer,
    x: u16,
    y: u16,
    /// One past the last cell; no more than `x` when nothing may be written.
    end: u16,
}

impl<'a> Pen<'a> {
    /// A pen at the left end of line `line` of an area.
    pub(super) fn new(buffer: &'a mut Buffer, area: Area, line: u16) -> Pen<'a> {
        let inside = clip(buffer, area);
        let y = area.y.saturating_add(line);
        let end = if line < area.height && y < inside.bottom() && y >= inside.top() { inside.right() } else { 0 };
        Pen { buffer, x: area.x, y, end }
    }

    /// Cells left on the line.
    pub(super) fn left(&self) -> usize {
        usize::from(self.end.saturating_sub(self.x))
    }

    /// Writes text that anybody may have written: escaped, and cut with `…` where the line ends.
    pub(super) fn text(&mut self, text: &str, style: Style) {
        let shown = shown_within(text, self.left());
        self.shown(&shown, style);
    }

    /// Writes at most `cells` cells.
    pub(super) fn within(&mut self, text: &str, cells: usize, style: Style) {
        let shown = shown_within(text, cells.min(self.left()));
        self.shown(&shown, style);
    }

    /// Writes what is escaped already.
    pub(super) fn shown(&mut self, shown: &Shown, style: Style) {
        if self.left() > 0 {
            (self.x, _) = self.buffer.set_stringn(self.x, self.y, shown.as_str(), self.left(), style);
        }
    }

    /// Writes in a column of `cells` cells, and moves to its end.
    pub(super) fn column(&mut self, text: &str, cells: usize, style: Style) {
        let end = self.x.saturating_add(u16::try_from(cells).unwrap_or(u16::MAX));
        self.within(text, cells, style);
        self.x = end;
    }

    /// Writes at the right end of a column of `cells` cells.
    pub(super) fn right(&mut self, text: &str, cells: usize, style: Style) {
        let shown = shown_within(text, cells);
        self.skip(cells - shown.width());
        self.shown(&shown, style);
    }

    /// Leaves cells free.
    pub(super) fn skip(&mut self, cells: usize) {
        self.x = self.x.saturating_add(u16::try_from(cells).unwrap_or(u16::MAX));
    }

    /// Moves to a cell of the line, counted from the left edge of the screen.
    pub(super) fn to(&mut self, x: u16) {
        self.x = x;
    }

    /// Fills the rest of the line.
    pub(super) fn fill(&mut self, symbol: char, style: Style) {
        while self.left() > 0 {
            if let Some(cell) = self.buffer.cell_mut((self.x, self.y)) {
                cell.set_char(symbol).set_style(style);
            }
            self.x += 1;
        }
    }
}

/// Lays a style over an area. What stands on a colour of its own, such as a critical finding, keeps it.
pub(super) fn wash(buffer: &mut Buffer, area: Area, style: Style) {
    let inside = clip(buffer, area);
    for y in inside.top()..inside.bottom() {
        for x in inside.left()..inside.right() {
            match buffer.cell_mut((x, y)) {
                Some(cell) if cell.bg == Color::Reset => {
                    cell.set_style(style);
                }
                Some(cell) => cell.modifier |= style.add_modifier - Modifier::REVERSED,
                None => {}
            }
        }
    }
}

/// Empties an area.
pub(super) fn clear(buffer: &mut Buffer, area: Area) {
    let inside = clip(buffer, area);
    for y in inside.top()..inside.bottom() {
        for x in inside.left()..inside.right() {
            if let Some(cell) = buffer.cell_mut((x, y)) {
                cell.reset();
            }
        }
    }
}

/// The part of an area that the terminal has: it may have shrunk since the layout was made.
fn clip(buffer: &Buffer, area: Area) -> Rect {
    Rect::new(area.x, area.y, area.width, area.height).intersection(buffer.area)
}
