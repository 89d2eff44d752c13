//! The detail: everything known of what is selected.

use ratatui::buffer::Buffer;

use super::pen::Pen;
use super::sheet::Sheet;
use crate::app::{App, NodeKey, Pane, Panel};
use crate::theme::Theme;

mod group;
mod process;

/// Draws the detail; returns how many lines it has.
pub(super) fn render(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme) -> usize {
    let width = pane.body.width.saturating_sub(2);
    let mut sheet = Sheet::new(width, theme);
    let name = match &app.selected {
        Some(NodeKey::Process(id)) => match app.model().process(*id) {
            Some(process) => process::fill(&mut sheet, process, app),
            None => format!("Process {}", id.pid),
        },
        Some(NodeKey::Group(key)) => match app.model().group(key) {
            Some(group) => group::fill(&mut sheet, group, app),
            None => "Group".to_owned(),
        },
        None => "Detail".to_owned(),
    };
    if sheet.lines.is_empty() {
        sheet.line(&[("nothing is selected", theme.dim)]);
    }
    let height = usize::from(pane.body.height);
    let top = app.detail_top.min(sheet.lines.len().saturating_sub(height));
    let below = sheet.lines.len().saturating_sub(top + height);
    let whole = app.layout().tree.is_none();
    let note = match (below, whole) {
        (0, false) => String::new(),
        (0, true) => "Esc closes".to_owned(),
        (below, false) => format!("{below} more below"),
        (below, true) => format!("{below} more below, Esc closes"),
    };
    super::title(buffer, pane, Panel::Detail, app, theme, &name, &note);
    for (line, pieces) in (0..pane.body.height).zip(sheet.lines.iter().skip(top)) {
        let mut pen = Pen::new(buffer, pane.body, line);
        pen.skip(2);
        for (piece, style) in pieces {
            let room = pen.left();
            pen.shown(&piece.clone().fit(room), *style);
        }
    }
    sheet.lines.len()
}
