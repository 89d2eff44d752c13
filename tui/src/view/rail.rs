//! The border of each group, drawn at the left of its lines: one line around a container, two around the host.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::pen::Pen;
use crate::app::{App, Area, Fold, NodeKey, Row};
use crate::model::GroupKey;
use crate::theme::Theme;

/// The column of the rail, after that of the mark.
const COLUMN: u16 = 1;

/// How a border is drawn.
struct Border {
    upright: &'static str,
    top: &'static str,
    bottom: &'static str,
    flat: char,
    style: Style,
}

fn border(of_container: bool, theme: &Theme) -> Border {
    match of_container {
        true => Border { upright: "│", top: "╭", bottom: "╰", flat: '─', style: theme.border_container },
        false => Border { upright: "║", top: "╔", bottom: "╚", flat: '═', style: theme.border_host },
    }
}

/// Draws the rail of the line at `at` of the tree.
pub(super) fn render(buffer: &mut Buffer, area: Area, line: u16, at: usize, app: &App, theme: &Theme) {
    let rows = &app.tree.rows;
    let Some(row) = rows.get(at) else { return };
    let last = rows.get(at + 1).is_none_or(begins);
    let mut pen = Pen::new(buffer, area, line);
    pen.skip(COLUMN.into());
    let (contained, outside) = match &row.key {
        NodeKey::Group(key) => (matches!(key, GroupKey::Container(_)), false),
        NodeKey::Process(id) => app
            .model()
            .process(*id)
            .map_or((false, false), |process| (matches!(process.group, GroupKey::Container(_)), app.outside(process))),
    };
    let own = border(contained, theme);
    match row.key {
        NodeKey::Group(_) if begins(row) && (last || row.fold != Fold::Open) => {
            pen.text(own.flat.encode_utf8(&mut [0; 4]), own.style);
        }
        NodeKey::Group(_) if begins(row) => pen.text(own.top, own.style),
        // It came out of its container: the border of the host stands beside it.
        _ if outside => pen.text(border(false, theme).upright, theme.outside),
        _ if last => pen.text(own.bottom, own.style),
        _ => pen.text(own.upright, own.style),
    }
}

/// True for the line of a group that has a border of its own; services are the host's.
fn begins(row: &Row) -> bool {
    matches!(row.key, NodeKey::Group(_)) && row.depth == 0
}

/// Draws the top of the border of a group from where the pen is, until `keep` cells are left.
pub(super) fn top(pen: &mut Pen<'_>, key: &GroupKey, keep: usize, theme: &Theme) {
    let border = border(matches!(key, GroupKey::Container(_)), theme);
    let cells = pen.left().saturating_sub(keep);
    let line: String = std::iter::repeat_n(border.flat, cells).collect();
    pen.text(&line, border.style);
}
