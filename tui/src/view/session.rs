//! Logins in words, and the look and mark of each.

use std::net::SocketAddr;

use ratatui::style::Style;

use super::words::address;
use crate::app::App;
use crate::model::{Means, Process, Session};
use crate::theme::Theme;

/// What stands after the name of a user who comes from a login: told apart without colours, too.
const MARKS: [&str; 4] = ["¹", "²", "³", "⁴"];

/// The mark of a login.
pub(super) fn mark(session: &Session<'_>) -> &'static str {
    MARKS[session.mark() as usize % MARKS.len()]
}

/// How the user of a process looks that comes from a login.
pub(super) fn look(session: &Session<'_>, theme: &Theme) -> Style {
    let looks = [theme.session_1, theme.session_2, theme.session_3, theme.session_4];
    looks[session.mark() as usize % looks.len()]
}

/// The login that begins with a process: its maker is not of it.
pub(super) fn begins<'a>(process: &Process, app: &'a App) -> Option<Session<'a>> {
    let session = app.model().session(process.id)?;
    let maker = process.birth_parent.and_then(|maker| app.model().session(maker));
    maker.is_none_or(|maker| maker.id() != session.id()).then_some(session)
}

/// For the first line of a login: `  ¹ ssh login of ada from 10.0.0.9:51000`, and shorter ways.
pub(super) fn opening(session: &Session<'_>, app: &App) -> Vec<String> {
    let (mark, what, who) = (mark(session), kind(session.how), people(session, app));
    let from = session.from.map(|from| format!(" from {}", address(from))).unwrap_or_default();
    vec![format!("  {mark} {what} of {who}{from}"), format!("  {mark} {what} of {who}"), format!("  {mark} {who}")]
}

/// Everything that is known of it, in a line.
pub(super) fn whole(session: &Session<'_>, app: &App) -> String {
    let id = match session.audit {
        Some(audit) => format!("audit session {audit}"),
        None => format!("since process {}", session.first.id.pid),
    };
    let from: Option<SocketAddr> = session.from;
    let from = from.map(|from| format!(" from {}", address(from))).unwrap_or_default();
    let login = session.login().map(|uid| name(uid, app)).unwrap_or_else(|| "nobody known".to_owned());
    format!("{} {} of {login}{from}, {id}", mark(session), kind(session.how))
}

/// `ada → root`: who logged in, and whom they became.
pub(super) fn people(session: &Session<'_>, app: &App) -> String {
    let names: Vec<String> = session.people.iter().map(|uid| name(*uid, app)).collect();
    if names.is_empty() { "nobody known".to_owned() } else { names.join(" → ") }
}

fn name(uid: u32, app: &App) -> String {
    let known = app.settings().users.get(&uid).cloned();
    known.unwrap_or_else(|| if uid == 0 { "root".to_owned() } else { uid.to_string() })
}

fn kind(how: Means) -> &'static str {
    match how {
        Means::Ssh => "ssh login",
        Means::Network => "network login",
        Means::Console => "console login",
        Means::Su => "su",
        Means::Sudo => "sudo",
        Means::Audit => "login",
    }
}
