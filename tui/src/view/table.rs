//! What tables have in common: heads, cells in columns, the mark.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::pen::{Pen, wash};
use crate::app::{App, Area, Panel};
use crate::theme::Theme;

/// A column: its head, its cells, and at which end they stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Column {
    name: &'static str,
    /// 0 leaves the column out; `None` takes what the others leave.
    cells: Option<u16>,
    right: bool,
}

impl Column {
    /// Text begins at its left end.
    pub(super) fn left(name: &'static str, cells: u16) -> Column {
        Column { name, cells: Some(cells), right: false }
    }

    /// Text ends at its right end.
    pub(super) fn right(name: &'static str, cells: u16) -> Column {
        Column { name, cells: Some(cells), right: true }
    }

    /// The last one, to the edge.
    pub(super) fn rest(name: &'static str) -> Column {
        Column { name, cells: None, right: false }
    }
}

/// The columns without those that the user does not want; their room goes to the last one, or the widest.
pub(super) fn wanted(mut columns: Vec<Column>, app: &App) -> Vec<Column> {
    let mut freed = 0;
    for column in &mut columns {
        if app.hidden.has(app.view, column.name) {
            freed += column.cells.map_or(0, |cells| cells + u16::from(cells > 0));
            column.cells = Some(0);
        }
    }
    if columns.iter().all(|column| column.cells.is_some())
        && let Some(cells) = columns.iter_mut().filter_map(|column| column.cells.as_mut()).max()
    {
        *cells += freed;
    }
    columns
}

/// Draws the heads; the one that orders the table is marked.
pub(super) fn head(buffer: &mut Buffer, area: Area, columns: &[Column], app: &App, theme: &Theme) {
    let focused = app.focus == Panel::Table;
    let sorted = app.sorted_by();
    let mut cells = Cells::new(buffer, area, 0, columns);
    for column in columns {
        let by = sorted.filter(|(name, _)| *name == column.name);
        let arrow = by.map_or("", |(_, reversed)| if reversed { "↑" } else { "↓" });
        let style = if by.is_some() && focused { theme.focus } else { theme.label };
        cells.text(&format!("{}{arrow}", column.name), style);
    }
    let mut pen = Pen::new(buffer, area, 0);
    pen.text(if focused { "▸" } else { " " }, theme.focus);
}

/// Says why there are no rows.
pub(super) fn empty(buffer: &mut Buffer, area: Area, why: &str, theme: &Theme) {
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(2);
    pen.text(why, theme.faint);
}

/// Lays the mark over a row.
pub(super) fn mark(buffer: &mut Buffer, area: Area, line: u16, marked: bool, app: &App, theme: &Theme) {
    if marked {
        let whole = Area { y: area.y.saturating_add(line), height: 1, ..area };
        wash(buffer, whole, if app.focus == Panel::Table { theme.selected } else { theme.selected_away });
    }
}

/// The cells of one row, written from left to right.
pub(super) struct Cells<'a, 'b> {
    buffer: &'a mut Buffer,
    area: Area,
    line: u16,
    columns: std::slice::Iter<'b, Column>,
    x: u16,
}

impl<'a, 'b> Cells<'a, 'b> {
    pub(super) fn new(buffer: &'a mut Buffer, area: Area, line: u16, columns: &'b [Column]) -> Cells<'a, 'b> {
        Cells { buffer, area, line, columns: columns.iter(), x: 1 }
    }

    /// Writes the next cell with a pen that cannot leave it, given its width.
    pub(super) fn next(&mut self, write: impl FnOnce(&mut Pen<'_>, usize)) {
        self.cell(|pen, cells, _| write(pen, cells));
    }

    /// Writes text into the next cell.
    pub(super) fn text(&mut self, text: &str, style: Style) {
        self.cell(
            |pen, cells, right| if right { pen.right(text, cells, style) } else { pen.within(text, cells, style) },
        );
    }

    fn cell(&mut self, write: impl FnOnce(&mut Pen<'_>, usize, bool)) {
        let Some(column) = self.columns.next() else { return };
        let left = self.area.width.saturating_sub(self.x);
        let cells = column.cells.unwrap_or(left).min(left);
        if cells == 0 {
            return;
        }
        let cell = Area { x: self.area.x.saturating_add(self.x), width: cells, ..self.area };
        write(&mut Pen::new(self.buffer, cell, self.line), cells.into(), column.right);
        self.x += cells + 1;
    }
}
