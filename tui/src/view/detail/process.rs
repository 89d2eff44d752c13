//! The detail of a process.

use ratatui::style::Style;

use super::super::caps;
use super::super::group_row::name_of;
use super::super::process_row::user;
use super::super::sheet::Sheet;
use super::super::words::{address, bytes, clock, command, duration, end};
use crate::app::App;
use crate::model::{Connection, Direction, Image, NsKind, Origin, Process, ProcessId};

/// Writes everything known of a process; returns the title.
pub(super) fn fill(sheet: &mut Sheet<'_>, process: &Process, app: &App) -> String {
    state(sheet, process, app);
    program(sheet, process);
    identity(sheet, process, app);
    place(sheet, process, app);
    lineage(sheet, process, app);
    chains(sheet, process, app);
    links(sheet, process, app);
    connections(sheet, process, app);
    images(sheet, process, app);
    format!("Process {}", process.id.pid)
}

/// What it has to do with others, beside birth.
fn links(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    const SHOWN: usize = 16;
    let mut links: Vec<_> = app.model().links(process.id).collect();
    if links.is_empty() {
        return;
    }
    links.sort_by_key(|(other, link, onward)| (*link, !onward, other.id));
    let theme = sheet.theme;
    sheet.heading("Relations");
    for (other, link, onward) in links.iter().take(SHOWN) {
        let (to, from) = link.words();
        let (name, rest) = command(other, 120);
        let how = if *onward { to } else { from };
        sheet.fact(&other.id.pid.to_string(), format!("{how} {name} {rest}").trim(), theme.text);
    }
    if links.len() > SHOWN {
        sheet.fact("", &format!("and {} more", links.len() - SHOWN), theme.dim);
    }
}

fn state(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    let theme = sheet.theme;
    let offset = app.settings().utc_offset;
    match &process.exit {
        None => {
            let born = clock(process.born, offset);
            let text = match app.now().since(process.born) {
                0..1_000_000_000 => format!("alive, just born at {born}"),
                age => format!("alive for {}, born at {born}", duration(age)),
            };
            sheet.fact("state", &text, theme.good);
        }
        Some((time, exit)) => {
            let ran = duration(exit.run_time.unwrap_or_else(|| time.since(process.born)));
            let style = if exit.code == Some(0) { theme.text } else { theme.bad };
            sheet.fact("state", &format!("{} at {}, ran {ran}", end(exit), clock(*time, offset)), style);
        }
    }
    if process.doubt {
        sheet.fact("doubt", "records that may concern it were lost: this may be incomplete", theme.warn);
    }
}

fn program(sheet: &mut Sheet<'_>, process: &Process) {
    let theme = sheet.theme;
    let Some(image) = process.image() else {
        let text = if process.origin == Origin::Proc { "none: a kernel thread" } else { "not seen" };
        return sheet.fact("exe", text, theme.dim);
    };
    sheet.fact("exe", &image.exe.lossless(), theme.command);
    if image.unlinked {
        sheet.fact("", "the file had no name left when it was run", theme.warn);
    }
    if process.inherited {
        sheet.fact("", "of its parent: it has run nothing of its own yet", theme.dim);
    }
    if image.given != image.exe {
        sheet.plain("as given", &image.given.lossless());
    }
    arguments(sheet, image);
    sheet.plain("cwd", &image.cwd.lossless());
}

fn arguments(sheet: &mut Sheet<'_>, image: &Image) {
    let theme = sheet.theme;
    for (at, arg) in image.argv.args.iter().enumerate() {
        let text = if arg.is_empty() { "''".to_owned() } else { arg.lossless() };
        sheet.plain(&format!("argv[{at}]"), &text);
    }
    if let Some(whole) = image.argv.cut_from {
        sheet.fact("", &format!("cut: the whole has {}", bytes(whole)), theme.warn);
    }
    if image.argv.unreadable {
        sheet.fact("argv", "could not be read by the kernel", theme.warn);
    }
}

fn identity(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    let theme = sheet.theme;
    let creds = &process.creds;
    sheet.heading("Identity");
    sheet.plain(
        "pid",
        &match process.ns_pid {
            0 => process.id.pid.to_string(),
            inner if inner == process.id.pid => process.id.pid.to_string(),
            inner => format!("{}, {inner} in its own namespace", process.id.pid),
        },
    );
    sheet.plain("user", &format!("{} (uid {}, gid {})", user(process, app), creds.uid, creds.gid));
    if creds.euid != creds.uid {
        sheet.fact("euid", &creds.euid.to_string(), theme.warn);
    }
    match (creds.login_uid, creds.session) {
        (None, None) => sheet.fact("login", "none", theme.dim),
        (login, session) => {
            let or_none = |id: Option<u32>| id.map_or_else(|| "none".to_owned(), |id| id.to_string());
            sheet.plain("login", &format!("uid {}, session {}", or_none(login), or_none(session)));
        }
    }
    sheet.plain("tty", &process.tty.lossless());
    let effective = caps::words(process.caps.effective);
    sheet.fact("caps", &effective.notable, theme.warn);
    sheet.fact(if effective.notable.is_empty() { "caps" } else { "" }, &effective.rest, theme.dim);
    if process.caps.permitted != process.caps.effective {
        let permitted = caps::words(process.caps.permitted);
        sheet.fact("permitted", format!("{} {}", permitted.notable, permitted.rest).trim(), theme.dim);
    }
}

fn place(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    let theme = sheet.theme;
    sheet.heading("Place");
    sheet.plain("group", &name_of(&process.group, app));
    if let Some(cgroup) = &process.cgroup {
        sheet.fact("cgroup", &cgroup.path.lossless(), theme.dim);
    }
    let host = &app.model().boot().namespaces;
    let (mut same, mut own, mut unknown) = (Vec::new(), Vec::new(), Vec::new());
    for kind in NsKind::ALL {
        match (process.namespaces.get(kind), host.get(kind)) {
            (Some(inode), Some(of_host)) if inode == of_host => same.push(kind.name().to_owned()),
            (Some(inode), Some(_)) => own.push(format!("{} {inode}", kind.name())),
            _ => unknown.push(kind.name().to_owned()),
        }
    }
    // A container's process in the host's namespaces is worth a look; runtimes share these two as a rule.
    let inside = matches!(process.group, crate::model::GroupKey::Container(_));
    let crossed = inside && same.iter().any(|name| name != "user" && name != "time");
    let style = if crossed { theme.warn } else { theme.dim };
    sheet.fact("ns of host", &same.join(" "), style);
    sheet.fact("ns own", &own.join("  "), if inside { theme.dim } else { theme.crossing });
    sheet.fact("ns unread", &unknown.join(" "), theme.faint);
}

fn lineage(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    let theme = sheet.theme;
    sheet.heading("Ancestors");
    if process.parent != process.birth_parent
        && let Some(parent) = process.parent
    {
        sheet.fact("parent now", &named(parent, app), theme.crossing);
    }
    let lineage = app.model().lineage(process.id);
    if lineage.is_empty() {
        let text = process.birth_parent.filter(|id| id.pid != 0).map(|id| format!("{} (forgotten)", id.pid));
        return sheet.fact("born of", text.as_deref().unwrap_or("none known"), theme.dim);
    }
    let mut group = &process.group;
    for ancestor in lineage.into_iter().filter(|ancestor| ancestor.id.pid != 0) {
        let (program, arguments) = command(ancestor, 200);
        let pid = format!("{:>7}  ", ancestor.id.pid);
        let dead = if ancestor.alive() { "" } else { "✕ " };
        let border = format!("({}) ", name_of(&ancestor.group, app));
        let crossed = ancestor.group != *group;
        let mut pieces = vec![(pid.as_str(), theme.text), (dead, theme.dead)];
        if crossed {
            pieces.push((border.as_str(), theme.crossing));
        }
        pieces.extend([(program.as_str(), theme.command), (arguments.as_str(), theme.dim)]);
        sheet.line(&pieces);
        group = &ancestor.group;
    }
}

/// Why something was found of it, or why not: the parts of each chain that are there, and those that are missing.
fn chains(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    let theme = sheet.theme;
    for chain in app.chains(process) {
        let whole = chain.parts.iter().all(|part| part.seen.is_some());
        let there = chain.parts.iter().filter(|part| part.seen.is_some()).count();
        let title = crate::detect::rule(chain.rule).map_or(chain.rule, |rule| rule.title.as_str());
        sheet.heading(&format!("{title}: {there} of {} parts", chain.parts.len()));
        for part in &chain.parts {
            match &part.seen {
                Some(fact) => {
                    let time = format!("{}  ", clock(fact.time, app.settings().utc_offset));
                    let style = if whole { theme.bad } else { theme.warn };
                    sheet.line(&[("✓ ", style), (&time, theme.faint), (&part.label, theme.text)]);
                    sheet.fact("", &fact.text, theme.dim);
                }
                None => sheet.line(&[("· ", theme.faint), (&part.label, theme.dim), (": not seen", theme.faint)]),
            }
        }
    }
}

fn named(id: ProcessId, app: &App) -> String {
    match app.model().process(id) {
        Some(process) => format!("{} {}", id.pid, command(process, 60).0),
        None => id.pid.to_string(),
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
        let (text, style) = (one(connection), ends(connection, sheet));
        let time = format!("{}  ", clock(connection.opened, app.settings().utc_offset));
        sheet.line(&[(&time, sheet.theme.faint), (&text, style)]);
    }
}

fn ends(connection: &Connection, sheet: &Sheet<'_>) -> Style {
    if connection.closed.is_some() { sheet.theme.dead } else { sheet.theme.net }
}

fn one(connection: &Connection) -> String {
    let side = |side: Option<std::net::SocketAddr>| side.map(address).unwrap_or_else(|| "?".to_owned());
    let protocol = connection.protocol.name();
    let mut text = match connection.direction {
        Direction::Listening => format!("{protocol} listens {}", side(connection.local)),
        Direction::Outbound => format!("{protocol} → {} from {}", side(connection.remote), side(connection.local)),
        Direction::Inbound => format!("{protocol} ← {} at {}", side(connection.remote), side(connection.local)),
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

fn images(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    if process.images.len() < 2 {
        return;
    }
    sheet.heading("Images");
    let theme = sheet.theme;
    for image in &process.images {
        let time = format!("{}  ", clock(image.time, app.settings().utc_offset));
        sheet.line(&[(&time, theme.faint), (&image.exe.lossless(), theme.text)]);
    }
}
