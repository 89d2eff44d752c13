//! The line of a process.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::group_row::name_of;
use super::incidents;
use super::names;
use super::pen::Pen;
use super::session;
use super::tree::{fold_mark, hidden};
use super::words::{command, duration, end, peer, telling};
use crate::app::{App, Area, Columns, Fold, Row, program};
use crate::escape::shown_within;
use crate::model::{Entry, GroupKey, Process, ProcessId};
use crate::theme::Theme;

/// Nanoseconds for which a process counts as just born.
const YOUNG: u64 = 2_000_000_000;

/// Cells for the command below which namespaces are counted, and not named.
const NARROW: usize = 60;

/// Draws the line of a process.
#[expect(clippy::too_many_arguments, reason = "a line is drawn from all of these, and they have nothing in common")]
pub(super) fn render(
    buffer: &mut Buffer,
    area: Area,
    line: u16,
    row: &Row,
    id: ProcessId,
    columns: &Columns,
    app: &App,
    theme: &Theme,
) {
    let Some(process) = app.model().process(id) else { return };
    let mut look = if row.aside { Look::of_one(theme.faint) } else { Look::of(process, app, theme) };
    let outside = process.alive() && app.outside(process);
    if outside {
        look.command = theme.outside;
    }
    let mut pen = Pen::new(buffer, area, line);
    match app.alarms().mark(id) {
        // The branch of an incident is one line, from end to end.
        Some(mark) => {
            pen.column("┃", 1, incidents::mark(mark.severity, theme));
            if mark.own {
                look.command = incidents::severity(mark.severity, theme);
            }
        }
        None => pen.column(if process.doubt { "?" } else { "" }, 1, theme.warn),
    }
    let place = |pen: &mut Pen<'_>, (x, cells): (u16, u16)| {
        pen.to(area.x + x);
        usize::from(cells)
    };
    let cells = place(&mut pen, columns.pid);
    pen.right(&process.id.pid.to_string(), cells, look.pid);
    let cells = place(&mut pen, columns.user);
    who(&mut pen, cells, process, &look, app, theme);
    let cells = place(&mut pen, columns.age);
    pen.right(&age(process, app), cells, look.age);
    let cells = place(&mut pen, columns.end);
    ending(&mut pen, cells, process, &look, app, theme);
    // Last, and only as far as its column goes.
    let column = Area { x: area.x + columns.command.0, width: columns.command.1, ..area };
    tree_lines(&mut Pen::new(buffer, column, line), row, columns, process, &look, app, theme);
}

/// The styles of a line: those of the living, or all one as a dead process fades.
struct Look {
    pid: Style,
    user: Style,
    age: Style,
    command: Style,
    arguments: Style,
    net: Style,
}

impl Look {
    fn of_one(style: Style) -> Look {
        Look { pid: style, user: style, age: style, command: style, arguments: style, net: style }
    }

    fn of(process: &Process, app: &App, theme: &Theme) -> Look {
        if let Some((ended, _)) = process.exit {
            return Look::of_one(fading(app.now().since(ended), app.settings().linger, theme));
        }
        let young = app.now().since(process.born) < YOUNG;
        Look {
            pid: if young { theme.born } else { theme.text },
            user: theme.dim,
            age: theme.dim,
            command: if young { theme.born } else { theme.command },
            arguments: theme.dim,
            net: theme.net,
        }
    }
}

/// The dead fade in three steps over the time that they stay.
pub(super) fn fading(since: u64, linger: u64, theme: &Theme) -> Style {
    if since < linger / 3 {
        theme.dead
    } else if since < linger / 3 * 2 {
        theme.dead_fading
    } else {
        theme.dead_gone
    }
}

/// The user's name: the node's own, or the one that a container's own files have; where nobody read those, only root
/// has the same name everywhere.
pub(super) fn user(process: &Process, app: &App) -> String {
    let uid = process.creds.uid;
    if process.image().is_none() && process.origin == crate::model::Origin::Kernel {
        return String::new();
    }
    let known = match process.group {
        GroupKey::Container(_) => app.model().own_user(process).map(|user| user.name.clone()),
        GroupKey::Host | GroupKey::Service(_) => app.settings().users.get(&uid).cloned(),
    };
    known.unwrap_or_else(|| if uid == 0 { "root".to_owned() } else { uid.to_string() })
}

/// The column of the user, with the mark of the login that the process comes from.
fn who(pen: &mut Pen<'_>, cells: usize, process: &Process, look: &Look, app: &App, theme: &Theme) {
    let name = user(process, app);
    let Some(session) = app.model().session(process.id).filter(|_| !name.is_empty() && cells > 1) else {
        return pen.column(&name, cells, look.user);
    };
    // What ended, or stands aside, is of one look.
    let style = if look.user == theme.dim { session::look(&session, theme) } else { look.user };
    let name = shown_within(&name, cells - 1);
    pen.column(&format!("{}{}", name.as_str(), session::mark(&session)), cells, style);
}

/// Since when it lives; of the dead, how long they ran.
fn age(process: &Process, app: &App) -> String {
    match process.exit {
        Some((ended, exit)) => duration(exit.run_time.unwrap_or_else(|| ended.since(process.born))),
        None => match app.now().since(process.born) {
            0..1_000_000_000 => "new".to_owned(),
            age => duration(age),
        },
    }
}

/// The last column: connections of the living, the end of the dead.
fn ending(pen: &mut Pen<'_>, cells: usize, process: &Process, look: &Look, app: &App, theme: &Theme) {
    if let Some((_, exit)) = &process.exit {
        let style = match (exit.signal, exit.code) {
            (Some(_), _) => theme.bad,
            (None, Some(0)) => look.net,
            (None, Some(_)) => theme.warn,
            (None, None) => theme.warn,
        };
        // It fades with its line: only a fresh end stands out.
        let style = if look.net == theme.dead { style } else { look.net };
        return pen.column(&format!("✕ {}", end(exit)), cells, style);
    }
    let Some(connection) = telling(process) else { return };
    let open = process.open_connections().count();
    let text = if open > 1 { format!("{open:>2} {}", peer(connection)) } else { format!("   {}", peer(connection)) };
    // The address is whole before anything of its name is there.
    let name = connection.remote.and_then(|remote| names::of(remote.ip(), &process.group, connection.opened, app));
    pen.column(&name.map(|name| format!("{text} {name}")).unwrap_or(text), cells, look.net);
}

/// The lines that join a process to its ancestors and siblings.
fn guides(pen: &mut Pen<'_>, row: &Row, columns: &Columns, theme: &Theme) {
    let levels = columns.levels();
    let from = row.depth.saturating_sub(levels);
    for level in from + 1..=row.depth {
        let on = row.guides.checked_shr(u32::from(level)).is_some_and(|bits| bits & 1 == 1);
        let cut = from > 0 && level == from + 1;
        let piece = match (cut, level == row.depth, on) {
            (true, ..) => "… ",
            (false, true, _) => {
                if row.last {
                    "└ "
                } else {
                    "├ "
                }
            }
            (false, false, true) => "│ ",
            (false, false, false) => "  ",
        };
        pen.text(piece, theme.faint);
    }
}

fn tree_lines(
    pen: &mut Pen<'_>,
    row: &Row,
    columns: &Columns,
    process: &Process,
    look: &Look,
    app: &App,
    theme: &Theme,
) {
    guides(pen, row, columns, theme);
    pen.text(fold_mark(row), theme.dim);
    let origin = if row.depth == 0 { origin(process, app) } else { Vec::new() };
    let login = session::begins(process, app).filter(|_| origin.is_empty() && !row.aside);
    if !origin.is_empty() {
        pen.text("↳ ", theme.crossing);
    }
    let (origin, tail) = match &login {
        // What ended fades with its line.
        Some(login) if process.alive() => (session::opening(login, app), session::look(login, theme)),
        Some(login) => (session::opening(login, app), look.arguments),
        None => (origin, theme.crossing),
    };
    badge(pen, process, app, theme);
    let room = pen.left();
    let (program, arguments) = command(process, room);
    let hidden_cells = if row.fold == Fold::Closed { 7 } else { 0 };
    let needed = shown_within(&program, room).width() + shown_within(&arguments, room).width() + hidden_cells;
    let spare = room.saturating_sub(needed).max(room * 2 / 5);
    let origin = origin.into_iter().find(|text| text.chars().count() <= spare).unwrap_or_default();
    let kept = origin.chars().count() + hidden_cells;
    let deleted = process.image().is_some_and(|image| image.unlinked);
    pen.within(&program, room.saturating_sub(kept), look.command);
    let rest = pen.left().saturating_sub(kept);
    pen.within(&arguments, rest, look.arguments);
    if deleted {
        pen.text(" (deleted)", theme.warn);
    }
    hidden(pen, row, theme.dim);
    pen.text(&origin, tail);
}

/// In a container's cgroup, and in these namespaces of the host: `⌂mnt,pid `, or `⌂mnt+4 ` where there is little room.
fn badge(pen: &mut Pen<'_>, process: &Process, app: &App, theme: &Theme) {
    if !matches!(process.group, GroupKey::Container(_)) {
        return;
    }
    let shared: Vec<_> = process.shared_with(&app.model().boot().namespaces).collect();
    if shared.is_empty() {
        return;
    }
    let mut names: Vec<String> = shared.iter().map(|kind| kind.name().to_owned()).collect();
    if pen.left() < NARROW && names.len() > 2 {
        // What runs there matters more than the whole list, which the detail has.
        let more = names.len() - 1;
        names.truncate(1);
        names[0].push_str(&format!("+{more}"));
    }
    let style = match process.alive() {
        _ if app.outside(process) => theme.outside,
        true => theme.warn,
        false => theme.dead,
    };
    pen.text(&format!("⌂{}", names.join(",")), style);
    pen.skip(1);
}

/// For whom was brought into a container that ran already: `  runc exec by containerd-shim (host)`, and shorter ways.
fn entered(entry: &Entry<'_>, app: &App) -> Vec<String> {
    let by = program(entry.by);
    let by = shown_within(&by, 32);
    let (by, pid) = (by.as_str(), entry.by.id.pid);
    let place = name_of(&entry.by.group, app);
    match entry.call {
        Some((runtime, call)) => vec![
            format!("  {} {call} by {by} ({place})", shown_within(&program(runtime), 24).as_str()),
            format!("  {call} by {by}"),
            format!("  {call} by {pid}"),
        ],
        None => vec![format!("  put in by {by} ({place})"), format!("  put in by {by}"), format!("  put in by {pid}")],
    }
}

/// For the root of a group that was born in another: `  from 123 runc (host)`, and shorter ways to say it.
///
/// A service that pid 1 started is no crossing worth a mark: all of them are.
fn origin(process: &Process, app: &App) -> Vec<String> {
    let Some(id) = process.birth_parent.filter(|id| id.pid != 0) else { return Vec::new() };
    if let Some(entry) = app.model().entry(process.id) {
        return entered(&entry, app);
    }
    let Some(parent) = app.model().process(id) else {
        return vec![format!("  from {} (forgotten)", id.pid), format!("  from {}", id.pid)];
    };
    let ordinary = id.pid == 1 && matches!(process.group, GroupKey::Service(_));
    if parent.group == process.group || ordinary {
        return Vec::new();
    }
    let name = program(parent);
    let name = shown_within(&name, 24);
    vec![
        format!("  from {} {} ({})", id.pid, name.as_str(), name_of(&parent.group, app)),
        format!("  from {} {}", id.pid, name.as_str()),
        format!("  from {}", id.pid),
    ]
}
