//! The tab of lineage: whom a process comes from, what it made, what it ran.

use super::super::group_row::name_of;
use super::super::sheet::Sheet;
use super::super::words::{clock, command, end};
use crate::app::{App, program};
use crate::model::{Entry, Process, ProcessId};

/// Children that are named.
const SHOWN: usize = 40;

/// Writes the tab.
pub(super) fn fill(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    lineage(sheet, process, app);
    children(sheet, process, app);
    images(sheet, process, app);
}

/// Whom it made, and those that were handed to it when their maker ended.
fn children(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    let theme = sheet.theme;
    let mut children: Vec<&Process> = app.model().born_of(process.id).collect();
    let adopted = app.model().children(process.id).filter(|child| child.birth_parent != Some(process.id));
    let own = children.len();
    children.extend(adopted);
    if children.is_empty() {
        return;
    }
    children[..own].sort_unstable_by_key(|child| std::cmp::Reverse((child.alive(), child.born)));
    sheet.heading(&format!("Children: {own} made, {} taken over", children.len() - own));
    for (at, child) in children.iter().enumerate().take(SHOWN) {
        let (program, arguments) = command(child, 200);
        let pid = format!("{:>7}  ", child.id.pid);
        let ended = child.exit.as_ref().map(|(_, exit)| format!("✕ {} ", end(exit))).unwrap_or_default();
        let taken = if at < own { "" } else { "taken over " };
        let style = if child.alive() { theme.command } else { theme.dead };
        let pieces = [(pid.as_str(), theme.text), (ended.as_str(), theme.dead), (taken, theme.crossing)];
        let rest = [(program.as_str(), style), (arguments.as_str(), theme.dim)];
        sheet.line(&[pieces.as_slice(), &rest].concat());
    }
    if children.len() > SHOWN {
        sheet.fact("", &format!("and {} more", children.len() - SHOWN), theme.dim);
    }
}

fn lineage(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    let theme = sheet.theme;
    sheet.heading("Ancestors");
    if let Some(entry) = app.model().entry(process.id) {
        sheet.fact("entered", &entered(&entry, app), theme.crossing);
    }
    if process.parent != process.birth_parent
        && let Some(parent) = process.parent
    {
        sheet.fact("parent now", &named(parent, app), theme.crossing);
    }
    let mut lineage = app.model().lineage(process.id).peekable();
    if lineage.peek().is_none() {
        let text = process.birth_parent.filter(|id| id.pid != 0).map(|id| format!("{} (forgotten)", id.pid));
        return sheet.fact("born of", text.as_deref().unwrap_or("none known"), theme.dim);
    }
    let mut group = &process.group;
    for ancestor in lineage.filter(|ancestor| ancestor.id.pid != 0) {
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

/// How it, or the ancestor that it descends from in the container, came in from outside.
fn entered(entry: &Entry<'_>, app: &App) -> String {
    let by = format!("{} {} ({})", entry.by.id.pid, program(entry.by), name_of(&entry.by.group, app));
    let how = match entry.call {
        Some((runtime, call)) => format!("by `{} {call}`, called by {by}", program(runtime)),
        None => format!("put in by {by}"),
    };
    format!("from outside, {how}, as {}", entry.first.id.pid)
}

fn named(id: ProcessId, app: &App) -> String {
    match app.model().process(id) {
        Some(process) => format!("{} {}", id.pid, command(process, 60).0),
        None => id.pid.to_string(),
    }
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
