//! The tab of rights: ids, capabilities, namespaces, cgroup.

use super::super::caps;
use super::super::group_row::name_of;
use super::super::sheet::Sheet;
use crate::app::App;
use crate::model::{NsKind, Process};

/// Writes the tab.
pub(super) fn fill(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    ids(sheet, process);
    capabilities(sheet, process);
    place(sheet, process, app);
}

fn ids(sheet: &mut Sheet<'_>, process: &Process) {
    let creds = &process.creds;
    sheet.heading("Ids");
    sheet.plain("uid, gid", &format!("{}, {}", creds.uid, creds.gid));
    let style = if creds.euid == creds.uid { sheet.theme.text } else { sheet.theme.warn };
    sheet.fact("euid", &creds.euid.to_string(), style);
    let setuid = process.file.as_ref().is_some_and(|file| file.mode & 0o6000 != 0);
    sheet.fact("", if setuid { "the file that it runs has the setuid or setgid bit" } else { "" }, sheet.theme.warn);
}

fn capabilities(sheet: &mut Sheet<'_>, process: &Process) {
    let theme = sheet.theme;
    sheet.heading("Capabilities");
    let effective = caps::words(process.caps.effective);
    sheet.fact("effective", &effective.notable, theme.warn);
    sheet.fact(if effective.notable.is_empty() { "effective" } else { "" }, &effective.rest, theme.dim);
    if process.caps.permitted != process.caps.effective {
        let permitted = caps::words(process.caps.permitted);
        sheet.fact("permitted", format!("{} {}", permitted.notable, permitted.rest).trim(), theme.dim);
    }
}

fn place(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    let theme = sheet.theme;
    sheet.heading("Place and namespaces");
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
