//! The tab of the network: connections, and who is at their other ends.

use std::net::SocketAddr;

use ratatui::style::Style;

use super::super::names;
use super::super::sheet::Sheet;
use super::super::words::{address, bytes, clock};
use crate::app::App;
use crate::model::{Connection, Direction, Link, Process};

/// Writes the tab.
pub(super) fn fill(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    connections(sheet, process, app);
    super::links(sheet, process, app, "Other ends", |link| !matches!(link, Link::Program | Link::File));
    if sheet.lines.is_empty() {
        sheet.line(&[("it has talked to nobody", sheet.theme.dim)]);
    }
}

fn connections(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    if process.connections.is_empty() {
        return;
    }
    let open = process.open_connections().count();
    sheet.heading(&format!("Connections: {open} open, {} closed", process.connections.len() - open));
    let newest_first = |closed: bool| process.connections.iter().rev().filter(move |c| c.closed.is_some() == closed);
    for connection in newest_first(false).chain(newest_first(true)) {
        let (text, style) = (one(connection, process, app), ends(connection, sheet));
        let time = format!("{}  ", clock(connection.opened, app.settings().utc_offset));
        sheet.line(&[(&time, sheet.theme.faint), (&text, style)]);
    }
}

fn ends(connection: &Connection, sheet: &Sheet<'_>) -> Style {
    if connection.closed.is_some() { sheet.theme.dead } else { sheet.theme.net }
}

fn one(connection: &Connection, process: &Process, app: &App) -> String {
    let other = |at: Option<SocketAddr>| {
        at.map(|at| names::with(at, &process.group, connection.opened, app)).unwrap_or_else(|| "?".to_owned())
    };
    let side = |side: Option<SocketAddr>| side.map(address).unwrap_or_else(|| "?".to_owned());
    let protocol = connection.protocol.name();
    let mut text = match connection.direction {
        Direction::Listening => format!("{protocol} listens {}", side(connection.local)),
        Direction::Outbound => format!("{protocol} → {} from {}", other(connection.remote), side(connection.local)),
        Direction::Inbound => format!("{protocol} ← {} at {}", other(connection.remote), side(connection.local)),
    };
    if connection.closed.is_some() {
        text.push_str("  closed");
    } else if !connection.established {
        text.push_str("  connecting");
    }
    if let (Some(sent), Some(received)) = (connection.sent, connection.received) {
        text.push_str(&format!(", sent {}, received {}", bytes(sent), bytes(received)));
    }
    text
}
