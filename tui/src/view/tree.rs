//! The tree: its head, and the lines that are in sight.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::pen::{Pen, wash};
use super::{group_row, process_row, rail};
use crate::app::{App, Area, Columns, Fold, NodeKey, Pane, Panel, Row, View};
use crate::theme::Theme;

/// Draws the tree.
pub(super) fn render(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme) {
    let columns = Columns::new(pane.body.width, |name| app.hidden.has(View::Tree, name));
    head(buffer, pane.title, &columns, app, theme);
    if app.tree.rows.is_empty() {
        return empty(buffer, pane.body, app, theme);
    }
    let found: std::collections::HashSet<&NodeKey> = app.tree.matches.iter().collect();
    for (line, (at, row)) in (0..pane.body.height).zip(app.tree.rows.iter().enumerate().skip(app.top)) {
        match &row.key {
            NodeKey::Group(key) => group_row::render(buffer, pane.body, line, row, key, app, theme),
            NodeKey::Process(id) => process_row::render(buffer, pane.body, line, row, *id, &columns, app, theme),
        }
        rail::render(buffer, pane.body, line, at, app, theme);
        let whole = Area { y: pane.body.y + line, height: 1, ..pane.body };
        if found.contains(&row.key) {
            let command = Area { x: whole.x + columns.command.0, width: columns.command.1, ..whole };
            wash(buffer, if matches!(row.key, NodeKey::Group(_)) { whole } else { command }, theme.found);
        }
        if app.selected.as_ref() == Some(&row.key) {
            let selected = if app.focus == Panel::Tree { theme.selected } else { theme.selected_away };
            wash(buffer, whole, selected);
        }
    }
}

fn head(buffer: &mut Buffer, area: Area, columns: &Columns, app: &App, theme: &Theme) {
    let style = if app.focus == Panel::Tree { theme.focus } else { theme.label };
    let mut pen = Pen::new(buffer, area, 0);
    let at = |(x, cells): (u16, u16)| (area.x + x, usize::from(cells));
    for (place, name, right) in [
        (columns.pid, "PID", true),
        (columns.user, "USER", false),
        (columns.age, "AGE", true),
        (columns.command, "COMMAND", false),
        (columns.end, "CONNECTIONS / END", false),
    ] {
        let (x, cells) = at(place);
        pen.to(x);
        let style = if name == "COMMAND" { style } else { theme.label };
        if cells == 0 {
            continue;
        }
        if right { pen.right(name, cells, style) } else { pen.column(name, cells, style) }
    }
    if app.focus == Panel::Tree {
        let mut pen = Pen::new(buffer, area, 0);
        pen.text("▸", style);
    }
}

fn empty(buffer: &mut Buffer, area: Area, app: &App, theme: &Theme) {
    let text = if app.replay() && app.picture().number == 0 {
        "nothing has happened yet at this moment"
    } else if app.filter.active() {
        "no process fulfils the filter"
    } else if app.ended {
        "no process was seen, and the events have ended"
    } else if app.model().version() == 0 {
        "starting: waiting for the first events …"
    } else {
        "no process seen yet"
    };
    let mut pen = Pen::new(buffer, area, area.height / 2);
    let gap = pen.left().saturating_sub(text.chars().count()) / 2;
    pen.skip(gap);
    pen.text(text, theme.dim);
}

/// The fold mark: two cells, for what can be folded and what cannot.
pub(super) fn fold_mark(row: &Row) -> &'static str {
    match row.fold {
        Fold::Leaf => "",
        Fold::Open => "▾ ",
        Fold::Closed => "▸ ",
    }
}

/// How many lines a closed fold hides: `+12`.
pub(super) fn hidden(pen: &mut Pen<'_>, row: &Row, style: Style) {
    if row.fold == Fold::Closed && row.hidden > 0 {
        pen.text(&format!(" +{}", row.hidden), style);
    }
}
