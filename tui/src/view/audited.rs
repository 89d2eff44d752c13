//! What containers should not be allowed, and who says that they are.

use ratatui::buffer::Buffer;

use super::incidents::severity;
use super::table::{self, Column};
use crate::app::{App, AuditRow, Pane};
use crate::audit::Outcome;
use crate::model::Witness;
use crate::theme::Theme;

fn columns(width: u16) -> Vec<Column> {
    let wide = width >= 110;
    let mut columns = vec![
        Column::left("RISK", 8),
        Column::left("CONTAINER", if wide { 22 } else { 16 }),
        Column::left("SAID BY", if wide { 21 } else { 12 }),
    ];
    match wide {
        true => columns.extend([Column::left("WHAT", 46), Column::rest("WHY")]),
        false => columns.push(Column::rest("WHAT")),
    }
    columns
}

/// Draws the table.
pub(super) fn render(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme) {
    let columns = table::wanted(columns(pane.body.width), app);
    table::head(buffer, pane.title, &columns, app, theme);
    let rows = &app.tables.audit;
    if rows.rows.is_empty() {
        return table::empty(buffer, pane.body, "there are no containers", theme);
    }
    for (line, (at, row)) in (0..pane.body.height).zip(rows.rows.iter().enumerate().skip(rows.top)) {
        let mut cells = table::Cells::new(buffer, pane.body, line, &columns);
        let or_ended = |style| if row.ended { theme.dead } else { style };
        match row.severity() {
            Some(found) => cells.text(&found.name().to_uppercase(), or_ended(severity(found, theme))),
            None => cells.text("", theme.dim),
        }
        cells.text(&row.name, or_ended(theme.container));
        let differ = row.outcome.as_ref().is_some_and(|outcome| outcome.disagree.is_some());
        cells.text(&said_by(row), or_ended(if differ { theme.warn } else { theme.dim }));
        cells.text(what(row), or_ended(if row.outcome.is_some() { theme.text } else { theme.faint }));
        cells.text(&row.outcome.as_ref().map(why).unwrap_or_default(), or_ended(theme.dim));
        table::mark(buffer, pane.body, line, at == rows.cursor(), app, theme);
    }
}

fn what(row: &AuditRow) -> &str {
    match &row.outcome {
        Some(outcome) => &outcome.check.title,
        None if row.told => "nothing was found",
        None => "nobody tells what it is allowed",
    }
}

/// Who says so; that others say otherwise comes first, as there is little room.
fn said_by(row: &AuditRow) -> String {
    let Some(outcome) = &row.outcome else { return String::new() };
    let names: Vec<&str> = outcome.why.iter().map(|word| Witness::name(word.witness)).collect();
    let differ = if outcome.disagree.is_some() { "differ: " } else { "" };
    format!("{differ}{}", names.join(" "))
}

/// What shows it, or who says what where they differ.
pub(super) fn why(outcome: &Outcome) -> String {
    match &outcome.disagree {
        Some(disagree) => disagree.clone(),
        None => outcome.why.first().map(|word| word.text.clone()).unwrap_or_default(),
    }
}
