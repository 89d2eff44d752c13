//! The table of containers, services and the host.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::incidents::severity;
use super::pen::Pen;
use super::table::{self, Column};
use super::words::{count, spark};
use crate::app::{App, ContainerRow, Pane, Risk};
use crate::model::{ContainerState, GroupKey, NsKind};
use crate::theme::Theme;

fn columns(width: u16) -> Vec<Column> {
    let wide = width >= 110;
    vec![
        Column::left("RISK", if wide { 22 } else { 12 }),
        Column::left("NAME", if wide { 24 } else { 17 }),
        Column::right("ALIVE", 5),
        Column::right("CONNS", 5),
        Column::right("EV/S", 5),
        Column::left("ACTIVITY", if wide { 30 } else { 10 }),
        Column::right("SEEN", if width >= 100 { 7 } else { 0 }),
        Column::rest("IMAGE"),
    ]
}

/// Draws the table.
pub(super) fn render(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme) {
    let columns = table::wanted(columns(pane.body.width), app);
    table::head(buffer, pane.title, &columns, app, theme);
    let rows = &app.tables.containers;
    if rows.rows.is_empty() {
        return table::empty(buffer, pane.body, "nothing is known yet", theme);
    }
    for (line, (at, row)) in (0..pane.body.height).zip(rows.rows.iter().enumerate().skip(rows.top)) {
        let mut cells = table::Cells::new(buffer, pane.body, line, &columns);
        cells.next(|pen, width| risk(pen, width, &row.risk, theme));
        cells.text(&row.name, name_style(row, theme));
        cells.text(&count(row.alive), if row.alive == 0 { theme.faint } else { theme.text });
        cells.text(&none_for_zero(row.connections), theme.net);
        cells.text(&rate(row.rate), theme.text);
        cells.next(|pen, width| pen.text(&spark(&row.series, width), theme.net));
        cells.text(&count(row.seen), theme.dim);
        cells.next(|pen, _| about(pen, row, theme));
        table::mark(buffer, pane.body, line, at == rows.cursor(), app, theme);
    }
}

fn name_style(row: &ContainerRow, theme: &Theme) -> Style {
    match row.key {
        _ if row.alive == 0 => theme.dead,
        GroupKey::Container(_) => theme.container,
        GroupKey::Host => theme.host,
        GroupKey::Service(_) => theme.service,
    }
}

/// What was found of it, what it may do, and what of the host it is in.
fn risk(pen: &mut Pen<'_>, width: usize, risk: &Risk, theme: &Theme) {
    let start = pen.left();
    if let Some(found) = risk.found {
        pen.text(&found.name().to_uppercase(), severity(found, theme));
        pen.skip(1);
    }
    let left = risk.shared.iter().any(|kind| matches!(kind, NsKind::Mnt | NsKind::Pid));
    let names: Vec<_> = risk.shared.iter().map(|kind| kind.name()).collect();
    let parts = [
        (!names.is_empty()).then(|| (format!("⌂{}", names.join(",")), if left { theme.bad } else { theme.warn })),
        risk.admin.then(|| ("admin".to_owned(), theme.warn)),
    ];
    for (text, style) in parts.into_iter().flatten() {
        let used = start - pen.left();
        if used + 3 < width {
            pen.within(&text, width - used, style);
            pen.skip(1);
        }
    }
}

fn none_for_zero(number: u64) -> String {
    if number == 0 { String::new() } else { count(number) }
}

fn rate(rate: f64) -> String {
    match rate {
        rate if rate < 0.05 => String::new(),
        rate if rate < 10.0 => format!("{rate:.1}"),
        rate => format!("{rate:.0}"),
    }
}

fn about(pen: &mut Pen<'_>, row: &ContainerRow, theme: &Theme) {
    let state = match row.state {
        ContainerState::Unknown | ContainerState::Running => "",
        ContainerState::Created => "created",
        ContainerState::Paused => "paused",
        ContainerState::Exited => "exited",
    };
    let pod = if row.pod.is_empty() { String::new() } else { format!("pod {}", row.pod) };
    for (text, style) in [(state, theme.warn), (row.image.as_str(), theme.text), (pod.as_str(), theme.dim)] {
        if !text.is_empty() {
            pen.text(text, style);
            pen.skip(2);
        }
    }
}
