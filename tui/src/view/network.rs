//! Who talks to whom.

use std::net::SocketAddr;

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::incidents::{mark, severity};
use super::names;
use super::table::{self, Column};
use super::words::{address, ago, bytes, count};
use crate::app::{App, End, FlowRow, Pane};
use crate::model::{GroupKey, Protocol};
use crate::theme::Theme;

fn columns(width: u16) -> Vec<Column> {
    let wide = width >= 110;
    // Where there is little room the process is left to the detail.
    let ends = width.saturating_sub(if wide { 64 } else { 41 });
    let from = ends * 2 / 5;
    let mut columns = vec![
        Column::left(if wide { "RISK" } else { "" }, if wide { 9 } else { 1 }),
        Column::left("FROM", from),
        Column::left("", 1),
        Column::left("TO", ends - from),
        Column::right("OPEN", 6),
        Column::right("SENT", 8),
        Column::right("BACK", 8),
        Column::right("LAST", 6),
    ];
    if wide {
        columns.push(Column::rest("PROCESS"));
    }
    columns
}

/// Draws the table.
pub(super) fn render(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme) {
    let columns = table::wanted(columns(pane.body.width), app);
    table::head(buffer, pane.title, &columns, app, theme);
    let rows = &app.tables.flows;
    if rows.rows.is_empty() {
        let why =
            if app.filter.active() { "nobody that fulfils the filter talks" } else { "nobody talks to anybody yet" };
        return table::empty(buffer, pane.body, why, theme);
    }
    for (line, (at, row)) in (0..pane.body.height).zip(rows.rows.iter().enumerate().skip(rows.top)) {
        let mut cells = table::Cells::new(buffer, pane.body, line, &columns);
        let alive = row.open > 0;
        cells.next(|pen, width| {
            if let Some(found) = row.found {
                match width {
                    0..8 => pen.text("┃", mark(found, theme)),
                    _ => pen.text(&found.name().to_uppercase(), severity(found, theme)),
                }
            }
        });
        cells.text(&from(row, app), style(&row.from, alive, theme));
        cells.text(if row.from == End::Anybody { "◂" } else { "→" }, if alive { theme.net } else { theme.faint });
        cells.text(&target(row, app), style(&row.to, alive, theme));
        let open =
            if row.count > row.open { format!("{}/{}", count(row.open), count(row.count)) } else { count(row.open) };
        cells.text(&open, if alive { theme.text } else { theme.dim });
        cells.text(&amount(row.sent), theme.dim);
        cells.text(&amount(row.received), theme.dim);
        cells.text(&ago(app.now().since(row.last)), theme.dim);
        let others = if row.processes > 1 { format!(" +{}", row.processes - 1) } else { String::new() };
        cells.text(&format!("{}{others}", app.name_of_process(row.process)), theme.command);
        table::mark(buffer, pane.body, line, at == rows.cursor(), app, theme);
    }
}

fn amount(number: u64) -> String {
    if number == 0 { String::new() } else { bytes(number) }
}

fn end(end: &End, app: &App) -> String {
    match end {
        End::Here(group) => app.name_of_group(group),
        End::Elsewhere(ip) => ip.to_string(),
        End::Anybody => "anybody".to_owned(),
    }
}

/// Who: with the name that the other end has for an address.
fn from(row: &FlowRow, app: &App) -> String {
    let name = match (&row.from, &row.to) {
        (End::Elsewhere(ip), End::Here(group)) => names::of(*ip, group, row.last, app),
        _ => None,
    };
    let text = end(&row.from, app);
    name.map(|name| format!("{text} {name}")).unwrap_or(text)
}

/// To whom: by name where it is of this node, with the port; what only listens, where.
fn target(row: &FlowRow, app: &App) -> String {
    let port = row.at.map_or(0, |at| at.port());
    let protocol = if row.protocol == Protocol::Udp { " udp" } else { "" };
    let local = |at: SocketAddr| if at.ip().is_unspecified() { format!(":{port}") } else { address(at) };
    match &row.to {
        End::Elsewhere(ip) => {
            let own = if let End::Here(group) = &row.from { group.clone() } else { GroupKey::Host };
            let name = names::of(*ip, &own, row.last, app).map(|name| format!(" {name}")).unwrap_or_default();
            format!("{}{protocol}{name}", address(SocketAddr::new(*ip, port)))
        }
        End::Here(_) if row.from == End::Anybody => {
            format!("{} {}{protocol}", end(&row.to, app), row.at.map(local).unwrap_or_default())
        }
        End::Here(_) if row.from == row.to => format!("itself :{port}{protocol}"),
        End::Here(_) | End::Anybody => format!("{} :{port}{protocol}", end(&row.to, app)),
    }
}

fn style(end: &End, alive: bool, theme: &Theme) -> Style {
    match end {
        _ if !alive => theme.dead,
        End::Here(GroupKey::Container(_)) => theme.container,
        End::Here(GroupKey::Host) => theme.host,
        End::Here(GroupKey::Service(_)) => theme.service,
        End::Elsewhere(_) => theme.crossing,
        End::Anybody => theme.dim,
    }
}
