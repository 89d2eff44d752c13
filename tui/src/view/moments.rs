//! What happened when: what was found, noted and lost, below the time line.

use ratatui::buffer::Buffer;

use super::incidents::mark;
use super::table::{self, Column};
use super::timeline::found_mark;
use super::words::clock;
use crate::app::{App, MomentKind, Pane};
use crate::theme::Theme;

fn columns(width: u16) -> Vec<Column> {
    vec![
        Column::left("WHEN", 13),
        Column::left("", 1),
        Column::left("WHAT", if width >= 100 { 22 } else { 16 }),
        Column::left("PROCESS", if width >= 100 { 22 } else { 0 }),
        Column::rest("DETAIL"),
    ]
}

/// Draws the list.
pub(super) fn render(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme) {
    let columns = columns(pane.body.width);
    table::head(buffer, pane.title, &columns, app, theme);
    let rows = &app.tables.moments;
    if rows.rows.is_empty() {
        let why = app.with_keys("nothing was found or lost; [mark] marks a moment, [note] writes a note");
        return table::empty(buffer, pane.body, &why, theme);
    }
    for (line, (at, row)) in (0..pane.body.height).zip(rows.rows.iter().enumerate().skip(rows.top)) {
        let mut cells = table::Cells::new(buffer, pane.body, line, &columns);
        // What is still to come, seen from the cursor, is there, but not yet.
        let later = row.time > app.now();
        let or_later = |style| if later { theme.faint } else { style };
        let (mark, style) = match row.kind {
            MomentKind::Found { severity: found, .. } => (found_mark(found), mark(found, theme)),
            MomentKind::Note => ("✎", theme.key),
            MomentKind::Loss => ("×", theme.bad),
        };
        cells.text(&clock(row.time, app.settings().utc_offset), or_later(theme.dim));
        cells.text(mark, style);
        let opens = matches!(row.kind, MomentKind::Found { opens: true, .. });
        cells.text(&row.what, or_later(if opens { theme.title } else { theme.text }));
        cells.text(&row.process.map(|id| app.name_of_process(id)).unwrap_or_default(), or_later(theme.command));
        cells.text(&row.text, or_later(theme.text));
        table::mark(buffer, pane.body, line, at == rows.cursor(), app, theme);
    }
}
