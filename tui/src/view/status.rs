//! The last line: the search or an answer, else rates, losses, runtimes and the keys to know.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::pen::Pen;
use super::typing;
use super::words::{count, duration, many};
use crate::app::{Accepting, App, Area, Muting, Panel, View};
use crate::escape::shown;
use crate::model::Health;
use crate::theme::Theme;

/// Cells of the shortest hint and what sets it off.
const HELP: usize = 12;

/// Draws the status line.
pub(super) fn render(buffer: &mut Buffer, area: Area, app: &App, theme: &Theme) {
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1);
    if app.typing() {
        return typing::line(&mut pen, app, theme);
    }
    if let Some(muting) = &app.muting {
        return reason(&mut pen, muting, theme);
    }
    if let Some(accepting) = &app.accepting {
        return acceptance(&mut pen, accepting, theme);
    }
    // An answer to the user comes before what may not fit beside it.
    let most = if app.notice.is_some() || app.search.active() { 2 } else { usize::MAX };
    let facts = facts(app, area.width, theme);
    for (at, (text, style)) in facts.into_iter().take(most).enumerate() {
        // The way to the help is always in sight; what is left out here stands in the detail of the host.
        if pen.left() < text.chars().count() + 5 + HELP {
            pen.text("  …", theme.warn);
            break;
        }
        if at > 0 {
            pen.text("  │  ", theme.faint);
        }
        pen.text(&text, style);
    }
    if let Some((notice, _)) = &app.notice {
        pen.text("  │  ", theme.faint);
        return pen.text(notice, theme.warn);
    }
    if app.search.active() {
        pen.text("  │  ", theme.faint);
        found(&mut pen, app, theme);
    }
    hints(&mut pen, app, theme);
}

/// `mute RULE of program X because: …▏`
fn reason(pen: &mut Pen<'_>, muting: &Muting, theme: &Theme) {
    pen.text("mute ", theme.key);
    let room = pen.left().saturating_sub(60).max(12);
    pen.within(&muting.says(), room, theme.warn);
    pen.text(" because: ", theme.key);
    pen.within(&muting.because, pen.left().saturating_sub(30).max(8), theme.text);
    pen.text("▏", theme.focus);
    pen.skip(2);
    for (key, does) in [("Tab", " reach  "), ("Enter", " mute  "), ("Esc", " back")] {
        pen.text(key, theme.key);
        pen.text(does, theme.dim);
    }
}

/// `as normal for image web:1: /usr/bin/x runs in web-1, where it never ran  1/2  Tab next  Enter accept  Esc back`
fn acceptance(pen: &mut Pen<'_>, accepting: &Accepting, theme: &Theme) {
    let ((workload, title), (at, all)) = (accepting.says(), accepting.place());
    let keys = [("Tab", " next  "), ("Enter", " write it  "), ("Esc", " back")];
    let keys = if all > 1 { &keys[..] } else { &keys[1..] };
    let place = if all > 1 { format!("{at}/{all}") } else { String::new() };
    let needed: usize = keys.iter().map(|(key, does)| key.len() + does.len()).sum::<usize>() + place.len() + 5;
    pen.text("normal for ", theme.key);
    pen.within(workload, (pen.left() / 4).max(8), theme.title);
    pen.text(": ", theme.key);
    pen.within(title, pen.left().saturating_sub(needed).max(8), theme.warn);
    pen.text("  ", theme.text);
    pen.text(&place, theme.dim);
    pen.skip(2);
    for (key, does) in keys {
        pen.text(key, theme.key);
        pen.text(does, theme.dim);
    }
}

fn found(pen: &mut Pen<'_>, app: &App, theme: &Theme) {
    pen.text("/", theme.key);
    pen.within(&app.search.query, 24, theme.text);
    pen.text(" ", theme.text);
    pen.text(&found_count(app), theme.dim);
}

pub(super) fn found_count(app: &App) -> String {
    let count = app.tree.matches.len();
    let near = if app.tree.closest.is_some() { " close to it" } else { "" };
    match app.match_position() {
        _ if count == 0 => "no match".to_owned(),
        Some(at) if !near.is_empty() => format!("{}/{count}{near}", at + 1),
        None if !near.is_empty() => format!("{count}{near}"),
        Some(at) => format!("{}/{count}", at + 1),
        None => many(count as u64, "match", "matches"),
    }
}

/// Cells from which on it is said what works; below, the keys are of more use, and the detail of the host says it.
const ROOMY: u16 = 120;

fn facts(app: &App, width: u16, theme: &Theme) -> Vec<(String, Style)> {
    let model = app.model();
    let first = match app.replay() {
        true => format!("event #{}", count(app.picture().number)),
        false => format!("{} ev/s", count(app.rate.per_second)),
    };
    let mut facts = vec![(first, theme.text)];
    if let Some(waited) = app.seeking() {
        facts.insert(0, (format!("going there … {}, Esc stops", duration(waited)), theme.warn));
    }
    let lost: u64 = model.totals().lost.values().sum();
    match lost {
        0 => facts.push(("no loss".to_owned(), theme.good)),
        // First, so that it is in sight however narrow the terminal is.
        lost => facts.insert(0, (format!("LOST {}", count(lost)), theme.bad)),
    }
    if app.filter.active() && app.layout().filter.is_none() {
        facts.insert(0, ("FILTERED, Esc ends it".to_owned(), theme.warn));
    }
    if app.unrecorded {
        facts.insert(0, ("NOT RECORDED".to_owned(), theme.bad));
    }
    match app.alarms().other_versions.len() {
        0 => {}
        1 => facts.push(("baseline: other version".to_owned(), theme.warn)),
        more => facts.push((format!("baseline: {more} other versions"), theme.warn)),
    }
    if model.totals().evicted > 0 {
        facts.push((format!("{} evicted", count(model.totals().evicted)), theme.dim));
    }
    for status in model.statuses() {
        let (mark, style) = match status.health {
            Health::Ok => ("✓", theme.good),
            Health::Degraded => ("degraded", theme.warn),
            Health::Missing => ("✗", theme.warn),
        };
        // What works is named only where it is a runtime; what does not is always named.
        let runtime = !status.topic.contains(' ');
        if runtime && width >= ROOMY || status.health != Health::Ok {
            facts.push((format!("{} {mark}", status.topic), style));
        }
    }
    facts
}

/// As many keys as there is room for, at the right; the first that matters most now.
fn hints(pen: &mut Pen<'_>, app: &App, theme: &Theme) {
    let mut shown: Vec<(String, &str)> = Vec::new();
    let mut room = pen.left().saturating_sub(3);
    for (actions, does) in wanted(app) {
        let keys: Vec<&str> = actions.iter().filter_map(|action| app.key_of(action)).collect();
        let keys = keys.join(" ");
        let width = shown_width(&keys) + does.len() + 3;
        if keys.is_empty() {
            continue;
        }
        if width > room {
            break;
        }
        room -= width;
        shown.push((keys, does));
    }
    let used: usize = shown.iter().map(|(keys, does)| shown_width(keys) + does.len() + 3).sum();
    let gap = pen.left().saturating_sub(used);
    pen.skip(gap);
    for (keys, does) in shown {
        pen.text(&keys, theme.key);
        pen.text(&format!(" {does}  "), theme.dim);
    }
}

fn shown_width(keys: &str) -> usize {
    shown(keys).width()
}

/// What there is to do now: the actions whose keys are named, and in a word what they do.
fn wanted(app: &App) -> Vec<(&'static [&'static str], &'static str)> {
    let mut wanted: Vec<(&'static [&'static str], &'static str)> = vec![(&["help"], "help")];
    if app.travelling() {
        let play = match (app.playing(), app.only_stopped()) {
            (true, _) => "pause",
            (false, true) => "go on",
            (false, false) => "play",
        };
        wanted.push(if app.replay() { (&["timeline"], "time line") } else { (&["now"], "now") });
        wanted.push((&["pause"], play));
        wanted.push((&["event-back", "event-on"], "event"));
        wanted.push((&["finding-back", "finding-on"], "finding"));
        wanted.push((&["jump"], "go to"));
    }
    if app.view == View::Incidents && app.focus == Panel::Incidents {
        wanted.push((&["left", "right"], "stage"));
        wanted.push((&["open"], "its process"));
    } else if !app.alarms().list.is_empty() {
        wanted.push((&["view-incidents"], "incidents"));
        wanted.push((&["go-finding"], "next finding"));
    }
    wanted.push((&["search"], "search"));
    wanted.push((&["palette"], "everything"));
    if !app.travelling() {
        wanted.push((&["pause"], "pause"));
    }
    wanted.push((&["filter"], "filter"));
    if !app.travelling() {
        wanted.push((&["follow"], "follow"));
    }
    if app.view != View::Incidents {
        wanted.push((&["open"], "detail"));
    }
    wanted.push((&["quit"], "quit"));
    wanted
}
