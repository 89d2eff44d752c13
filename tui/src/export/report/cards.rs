//! What stands on the cards of a picture, cut and broken so that it fits.

use std::collections::BTreeSet;

use super::contact::Use;
use super::dossier::{Actor, Dossier, EdgeKind, Role};
use super::key::Key;
use super::picture::{BOX, CONTACT, LINE, Line, RAIL, Style};
use super::words::{self, Clock};
use crate::detect::Severity;
use crate::escape::{Shown, shown_within};

/// Processes in a picture; ancestors of those who had no part in it are left out first.
const PROCESSES: usize = 80;
/// Addresses beside one process.
const CONTACTS: usize = 6;
/// Left and right of the text of a card, together.
const INSET: i32 = 20;

/// Cells of this style that fit into a card of this width. A cell of the usual fixed-width fonts is 0.60 of the size of
/// the font wide; with a little more, no text touches the border.
fn cells(style: Style, width: i32) -> usize {
    let hundredths = if style == Style::Name { 13 * 62 } else { 11 * 62 };
    usize::try_from((width - INSET) * 100 / hundredths).unwrap_or(1)
}

/// Text that fits into a card of this width.
fn line(style: Style, text: &str, width: i32) -> Line {
    Line { style, text: shown_within(text, cells(style, width)) }
}

/// As [`line`], broken into so many lines at most; the last is cut.
fn wrapped(style: Style, text: &str, width: i32, most: usize) -> Vec<Line> {
    let cells = cells(style, width);
    // What would not fit anyway is not looked at.
    let text = shown_within(text, cells * most);
    let mut lines: Vec<Shown> = text.wrap(cells);
    if lines.len() > most {
        lines.truncate(most);
        let last = lines.pop().unwrap_or_default();
        let width = last.width().saturating_sub(1);
        lines.push(last.fit(width));
    }
    lines.into_iter().map(|text| Line { style, text }).collect()
}

/// The processes of the picture: all, or those who had a part in it and then their makers.
pub(super) fn chosen(dossier: &Dossier) -> BTreeSet<Key> {
    let mut by_role: Vec<&Actor> = dossier.processes.iter().collect();
    by_role.sort_by_key(|process| process.role);
    let mut chosen = BTreeSet::new();
    for process in by_role {
        let mut next = Some(process);
        while let Some(it) = next.filter(|it| chosen.len() < PROCESSES && chosen.insert(it.key)) {
            next = it.parent.and_then(|parent| dossier.process(parent));
        }
    }
    chosen
}

/// The place whose border a place stands within: services are the host's.
pub(super) fn home(dossier: &Dossier, place: Key) -> Key {
    if inside(dossier, place) {
        return place;
    }
    dossier.places.iter().find(|place| place.kind != "container").map_or(place, |host| host.key)
}

/// True for a container.
pub(super) fn inside(dossier: &Dossier, place: Key) -> bool {
    dossier.place(place).is_some_and(|place| place.kind == "container")
}

/// What stands at the head of a border.
pub(super) fn head_of(dossier: &Dossier, place: Key) -> Vec<Line> {
    match dossier.place(place).filter(|_| inside(dossier, place)) {
        Some(container) => {
            let more = container.pod.as_ref().map(|pod| format!("pod {pod}")).or_else(|| container.image.clone());
            vec![
                line(Style::Name, &format!("container {}", container.name), BOX),
                line(Style::Faint, &more.unwrap_or_else(|| "image unknown".to_owned()), BOX),
            ]
        }
        None => {
            let host = &dossier.node.host;
            let name = if host.is_empty() { "host".to_owned() } else { format!("host {host}") };
            vec![line(Style::Name, &name, BOX), line(Style::Faint, "outside of containers", BOX)]
        }
    }
}

/// What stands on a process.
pub(super) fn lines_of(dossier: &Dossier, process: &Actor) -> Vec<Line> {
    let mut lines = vec![line(Style::Name, &process.name(), BOX)];
    let command = process.command();
    let command = if command.is_empty() { process.exe.clone().unwrap_or_default() } else { command };
    lines.extend(wrapped(Style::Plain, &command, BOX, 2));
    if let Some(service) = dossier.place(process.place).filter(|place| place.kind == "service") {
        lines.push(line(Style::Faint, &format!("service {}", service.name), BOX));
    }
    let told = dossier.edges.iter().filter(|edge| edge.kind == EdgeKind::Relation && edge.to == process.key);
    for edge in told.take(3) {
        let other = words::name_of(dossier, edge.from);
        lines.push(line(Style::Faint, &format!("{other} {} it", edge.text), BOX));
    }
    if process.role != Role::Ancestor && process.doubt {
        lines.push(line(Style::Faint, "records of it were lost", BOX));
    }
    lines
}

/// The stages of which a process has findings: how bad, and what stands there.
pub(super) fn stages_of(dossier: &Dossier, process: Key, clock: Clock) -> Vec<(Severity, Vec<Line>)> {
    let mut told = Vec::new();
    for (at, stage) in dossier.stages.iter().enumerate() {
        let own: Vec<_> = stage.findings.iter().filter(|finding| finding.process == Some(process)).collect();
        let Some(worst) = own.iter().max_by_key(|finding| finding.severity) else { continue };
        let clock = clock.utc(own.first().map_or(stage.time, |finding| finding.time));
        let time = clock.get(11..19).unwrap_or_default();
        let mut lines = vec![line(Style::Name, &format!("{} {}", at + 1, stage.stage), RAIL)];
        lines.extend(wrapped(Style::Plain, &worst.title, RAIL, 3));
        let more = if own.len() > 1 { format!(", and {} more", own.len() - 1) } else { String::new() };
        lines.push(line(Style::Faint, &format!("{}, {time} UTC{more}", worst.severity.name()), RAIL));
        told.push((worst.severity, lines));
    }
    told
}

/// The addresses that stand beside a process: those that did not stand beside another one yet.
pub(super) fn contacts_of(dossier: &Dossier, process: Key, shown: &mut BTreeSet<Key>) -> Vec<(Key, Vec<Line>)> {
    let own = dossier.endpoints.iter().filter(|contact| contact.uses.iter().any(|it| it.process == process));
    let fresh = own.filter(|contact| shown.len() < 10 * CONTACTS && shown.insert(contact.key)).take(CONTACTS);
    let told = fresh.map(|contact| {
        let uses = || contact.uses.iter().filter(|it| it.process == process);
        let how = uses().next().map_or("", |it| it.direction);
        let sum = |bytes: fn(&Use) -> Option<u64>| uses().filter_map(bytes).sum::<u64>();
        let (sent, received) = (sum(|it| it.sent), sum(|it| it.received));
        let mut lines = vec![line(Style::Name, &contact.address.to_string(), CONTACT)];
        lines.push(line(Style::Faint, &format!("{how}, {}", uses().next().map_or("", |it| it.protocol)), CONTACT));
        if sent + received > 0 {
            lines.push(line(Style::Faint, &format!("{sent} B out, {received} B in"), CONTACT));
        }
        (contact.key, lines)
    });
    told.collect()
}

/// How high a card with these lines is.
pub(super) fn height(lines: &[Line]) -> i32 {
    i32::try_from(lines.len()).unwrap_or(1) * LINE + 14
}
