//! The first tab: what a process runs, as whom, where, since when.

use super::super::group_row::name_of;
use super::super::process_row::user;
use super::super::session;
use super::super::sheet::Sheet;
use super::super::words::{bytes, clock, duration, end};
use crate::app::App;
use crate::detect::Severity;
use crate::model::{Image, Origin, Process};

/// Writes the tab.
pub(super) fn fill(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    found(sheet, process, app);
    normal(sheet, process, app);
    state(sheet, process, app);
    program(sheet, process, app);
    identity(sheet, process, app);
}

/// What is wrong comes first, in a line.
fn found(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    let of = app.findings_of(process.id);
    let Some(worst) = of.iter().max_by_key(|finding| finding.severity) else { return };
    let style = super::super::incidents::severity(worst.severity, sheet.theme);
    let more = if of.len() > 1 { format!(" and {} more", of.len() - 1) } else { String::new() };
    let quiet = worst.severity <= Severity::Low;
    sheet.fact("found", &format!("{}{more}", worst.title), if quiet { sheet.theme.low } else { style });
}

/// Whether its program is normal for its workload, where there is a baseline.
fn normal(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    if let Some((normal, text)) = app.normality(process) {
        let (name, style) = if normal { ("normal", sheet.theme.good) } else { ("new", sheet.theme.warn) };
        sheet.fact(name, &text, style);
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

fn program(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    let theme = sheet.theme;
    let Some(image) = process.image() else {
        let text = if process.origin == Origin::Proc { "none: a kernel thread" } else { "not seen" };
        return sheet.fact("exe", text, theme.dim);
    };
    sheet.fact("exe", &image.exe.lossless(), theme.command);
    if let Some(sha256) = app.model().content(process) {
        sheet.plain("sha256", &sha256.to_string());
    }
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
    if let Some(own) = app.model().own_user(process).filter(|user| user.own != creds.uid) {
        sheet.plain("", &format!("uid {} in its own user namespace", own.own));
    }
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
    if let Some(session) = app.model().session(process.id) {
        sheet.fact("session", &session::whole(&session, app), session::look(&session, theme));
        sheet.plain("", &format!("begun at {}", clock(session.since(), app.settings().utc_offset)));
        if session.people.len() > 1 {
            sheet.plain("people", &session::people(&session, app));
        }
    }
    sheet.plain("tty", &process.tty.lossless());
    sheet.plain("group", &name_of(&process.group, app));
}
