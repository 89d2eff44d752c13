//! The detail: everything known of what is selected, in tabs where it is a process.

use ratatui::buffer::Buffer;

use super::incidents::severity;
use super::names;
use super::pen::Pen;
use super::sheet::Sheet;
use super::words::{clock, command};
use crate::app::{App, NodeKey, Pane, Panel, Tab};
use crate::escape::shown;
use crate::model::{Link, Process};
use crate::theme::Theme;

mod audited;
mod files;
mod group;
mod lineage;
mod network;
mod process;
mod rights;
mod why;

/// Draws the detail; returns how many lines it has.
pub(super) fn render(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme) -> usize {
    let width = pane.body.width.saturating_sub(2);
    let mut sheet = Sheet::new(width, theme);
    let mut tabs = false;
    let name = match &app.selected {
        Some(NodeKey::Process(id)) => match app.model().process(*id) {
            Some(process) => {
                tabs = true;
                tab(&mut sheet, process, app);
                app.name_of_process(*id)
            }
            None => format!("Process {}", id.pid),
        },
        Some(NodeKey::Group(key)) => match app.model().group(key) {
            Some(group) => group::fill(&mut sheet, group, app),
            None => "Group".to_owned(),
        },
        None => "Detail".to_owned(),
    };
    if sheet.lines.is_empty() {
        let text = if app.selected.is_some() { "nothing is known of it here" } else { "nothing is selected" };
        sheet.line(&[(text, theme.dim)]);
    }
    let height = usize::from(pane.body.height);
    let top = app.detail_top.min(sheet.lines.len().saturating_sub(height));
    let below = sheet.lines.len().saturating_sub(top + height);
    if tabs {
        tab_line(buffer, pane, app, theme, &name, below)
    } else {
        title(buffer, pane, app, theme, &name, below)
    }
    for (line, pieces) in (0..pane.body.height).zip(sheet.lines.iter().skip(top)) {
        let mut pen = Pen::new(buffer, pane.body, line);
        pen.skip(2);
        for (piece, style) in pieces {
            let room = pen.left();
            pen.shown(&piece.clone().fit(room), *style);
        }
    }
    sheet.lines.len()
}

fn tab(sheet: &mut Sheet<'_>, process: &Process, app: &App) {
    match app.tab {
        Tab::Process => process::fill(sheet, process, app),
        Tab::Lineage => lineage::fill(sheet, process, app),
        Tab::Network => network::fill(sheet, process, app),
        Tab::Files => files::fill(sheet, process, app),
        Tab::Rights => rights::fill(sheet, process, app),
        Tab::Why => why::fill(sheet, process, app),
    }
}

fn note(below: usize, app: &App) -> String {
    match (below, app.layout().detail_alone()) {
        (0, false) => String::new(),
        (0, true) => "Esc closes".to_owned(),
        (below, false) => format!("{below} more"),
        (below, true) => format!("{below} more, Esc closes"),
    }
}

fn title(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme, name: &str, below: usize) {
    super::title(buffer, pane, Panel::Detail, app, theme, name, &note(below, app));
}

/// The name of the process, and the tabs; where there is little room, the names of those that are not open are cut.
fn tab_line(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme, name: &str, below: usize) {
    let note = note(below, app);
    let width = usize::from(pane.title.width);
    let tabs_width = |cut: usize| -> usize {
        Tab::ALL.iter().map(|tab| if *tab == app.tab { tab.name().len() } else { tab.name().len().min(cut) } + 1).sum()
    };
    let name = shown(name).fit(width.saturating_sub(tabs_width(1) + 4).min(28));
    let left = width.saturating_sub(name.width() + 5);
    let cut = [9, 4, 3, 1].into_iter().find(|cut| tabs_width(*cut) <= left).unwrap_or(1);
    let focused = app.focus == Panel::Detail;
    let mut pen = Pen::new(buffer, pane.title, 0);
    pen.text(if focused { "▸ " } else { "─ " }, if focused { theme.focus } else { theme.faint });
    pen.shown(&name, theme.title);
    pen.text("  ", theme.faint);
    for tab in Tab::ALL {
        let on = tab == app.tab;
        let cells = if on { tab.name().len() } else { tab.name().len().min(cut) };
        pen.text(&tab.name()[..cells], if on { theme.focus } else { theme.label });
        pen.text(" ", theme.faint);
    }
    if !note.is_empty() && pen.left() > note.len() + 2 {
        pen.text(" ", theme.faint);
        pen.text(&note, theme.dim);
        pen.text(" ", theme.faint);
    }
    pen.fill('─', theme.faint);
}

/// What it has to do with others, beside birth.
fn links(sheet: &mut Sheet<'_>, process: &Process, app: &App, heading: &str, wanted: fn(Link) -> bool) {
    const SHOWN: usize = 16;
    let mut links: Vec<_> = app.model().links(process.id).filter(|(_, link, _)| wanted(*link)).collect();
    if links.is_empty() {
        return;
    }
    links.sort_by_key(|(other, link, onward)| (*link, !onward, other.id));
    let theme = sheet.theme;
    sheet.heading(heading);
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

/// A finding: what, how sure, what shows it, what to do.
pub(super) fn finding(sheet: &mut Sheet<'_>, number: u64, app: &App) {
    let Some(finding) = app.finding(number) else { return };
    let theme = sheet.theme;
    sheet.heading("");
    sheet.lines.pop();
    let mitre = finding.rule.mitre.join(" ");
    let level = format!("{} ", finding.severity.name().to_uppercase());
    let refused = if finding.failed { ", refused" } else { "" };
    sheet.line(&[(&level, severity(finding.severity, theme)), (&finding.title, theme.title)]);
    sheet.fact("", &format!("{} ({mitre}){refused}", finding.rule.title), theme.dim);
    if !finding.complete {
        sheet.fact("doubt", "records were lost that it may rest on", theme.warn);
    }
    for evidence in &finding.why {
        let time = format!("{}  ", clock(evidence.fact.time, app.settings().utc_offset));
        sheet.line(&[("✓ ", theme.bad), (&time, theme.faint), (&evidence.predicate, theme.text)]);
        let by = if evidence.fact.process == finding.process {
            String::new()
        } else {
            format!("{}: ", app.name_of_process(evidence.fact.process))
        };
        let group = app.model().process(evidence.fact.process).map(|it| it.group.clone()).unwrap_or_default();
        let text = names::within(&evidence.fact.text, &group, evidence.fact.time, app);
        sheet.fact("", &format!("{by}{text}"), theme.dim);
    }
    sheet.fact("next", &finding.rule.next, theme.good);
}
