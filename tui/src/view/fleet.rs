//! The screen of many nodes: their incidents, and how each node is.

use ratatui::Frame;
use ratatui::buffer::Buffer;

use super::incidents::{mark, severity};
use super::pen::{Pen, wash};
use super::table::{Cells, Column};
use super::timeline::found_mark;
use super::words::{ago, clock, count, many};
use crate::app::Area;
use crate::detect::Severity;
use crate::fleet::{Focus, NodeName, Row, Screen};
use crate::model::Health;
use crate::theme::Theme;

/// Draws the whole screen. [`Screen::prepare`] comes before.
pub fn fleet(frame: &mut Frame<'_>, screen: &Screen, theme: &Theme) {
    draw_fleet(frame.buffer_mut(), screen, theme);
}

/// As [`fleet`], into any buffer.
pub fn draw_fleet(buffer: &mut Buffer, screen: &Screen, theme: &Theme) {
    let (width, height) = screen.size;
    let line = |y: u16, height: usize| Area { x: 0, y, width, height: u16::try_from(height).unwrap_or(u16::MAX) };
    let (incidents, nodes) = screen.heights();
    header(buffer, line(0, 1), screen, theme);
    title(buffer, line(1, 1), "Incidents", screen.focus == Focus::Incidents, theme);
    self::incidents(buffer, line(2, incidents), screen, theme);
    let below = 2 + u16::try_from(incidents).unwrap_or(u16::MAX);
    self::nodes(buffer, line(below, 1), line(below.saturating_add(1), nodes), screen, theme);
    status(buffer, line(height.saturating_sub(1), 1), screen, theme);
}

fn header(buffer: &mut Buffer, area: Area, screen: &Screen, theme: &Theme) {
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1);
    pen.text("ktrace-tui", theme.title);
    pen.text(" fleet", theme.text);
    let all = screen.fleet.nodes().count() as u64;
    let quiet = screen.fleet.nodes().filter(|node| node.quiet(screen.now)).count() as u64;
    pen.text(&format!("  {}", many(all, "node", "nodes")), theme.text);
    if quiet > 0 {
        pen.text(&format!(", {quiet} quiet"), theme.warn);
    }
    let mut any = false;
    for worst in [Severity::Critical, Severity::High, Severity::Medium] {
        let count = screen.incidents().iter().filter(|incident| incident.severity == worst).count();
        if count > 0 {
            any = true;
            pen.text("  ", theme.faint);
            pen.text(&format!(" {} {count} {} ", found_mark(worst), worst.name()), severity(worst, theme));
        }
    }
    if !any && all > 0 {
        pen.text("  ✓ nothing found", theme.good);
    }
}

fn title(buffer: &mut Buffer, area: Area, name: &str, focused: bool, theme: &Theme) {
    let mut pen = Pen::new(buffer, area, 0);
    pen.text(if focused { "▸ " } else { "─ " }, if focused { theme.focus } else { theme.faint });
    pen.text(name, if focused { theme.focus } else { theme.label });
    pen.text(" ", theme.faint);
    pen.fill('─', theme.faint);
}

fn incidents(buffer: &mut Buffer, area: Area, screen: &Screen, theme: &Theme) {
    let (rows, marked) = screen.incident_rows();
    if rows.is_empty() {
        let mut pen = Pen::new(buffer, area, 0);
        pen.skip(2);
        let nobody = screen.fleet.nodes().next().is_none();
        let why = if !screen.search.is_empty() {
            "no incident has that in its name"
        } else if nobody {
            "no node has told anything yet: does an agent send to this bus?"
        } else {
            "nothing was found"
        };
        return pen.text(why, theme.faint);
    }
    for (line, (at, row)) in (0..area.height).zip(rows.iter().enumerate()) {
        let mut pen = Pen::new(buffer, area, line);
        pen.skip(1);
        incident_row(&mut pen, *row, screen, theme);
        lay_mark(buffer, area, line, at == marked, screen.focus == Focus::Incidents, theme);
    }
}

fn incident_row(pen: &mut Pen<'_>, row: Row, screen: &Screen, theme: &Theme) {
    let at = |time| clock(time, screen.utc_offset);
    match row {
        Row::Incident(number) => {
            let Some(incident) = screen.incidents().get(number) else { return };
            pen.column(&incident.severity.name().to_uppercase(), 9, severity(incident.severity, theme));
            let nodes: Vec<String> = incident.nodes().into_iter().map(NodeName::to_string).collect();
            pen.text(&nodes.join(" → "), theme.host);
            pen.text("  ", theme.dim);
            pen.text(&incident.title(), theme.title);
            pen.text(&format!("  {}", many(incident.steps.len() as u64, "stage", "stages")), theme.dim);
        }
        Row::Crossing(number, place) => {
            let found = screen.incidents().get(number).and_then(|incident| incident.crossings.get(place));
            let Some(crossing) = found else { return };
            pen.text("   → ", theme.net);
            pen.text(&at(crossing.time), theme.dim);
            pen.text("  ", theme.dim);
            let (from, to) = (&crossing.from, &crossing.to);
            pen.text(&format!("{} {} → {} {}", from.node, from.process, to.node, to.process), theme.net);
            pen.text(&format!("  {} → {}", crossing.local, crossing.remote), theme.dim);
        }
        Row::Step(number, place) => {
            let found = screen.incidents().get(number).and_then(|incident| incident.steps.get(place));
            let Some(step) = found else { return };
            pen.text(&format!("   {} ", found_mark(step.severity)), mark(step.severity, theme));
            pen.text(&at(step.time), theme.dim);
            pen.text("  ", theme.dim);
            let wide = pen.left() >= 90;
            pen.column(&step.node.to_string(), if wide { 18 } else { 12 }, theme.host);
            pen.skip(1);
            if wide {
                pen.column(&step.stage, 20, theme.text);
                pen.skip(1);
            }
            pen.text(&step.title, theme.text);
            if step.more > 0 {
                pen.text(&format!("  +{}", step.more), theme.dim);
            }
        }
    }
}

fn columns(width: u16) -> Vec<Column> {
    let wide = width >= 110;
    vec![
        Column::left("NODE", if wide { 28 } else { 18 }),
        Column::left("RISK", 9),
        Column::right("FOUND", 6),
        Column::right("EVENTS", if wide { 9 } else { 7 }),
        Column::right("LAST", 7),
        Column::rest("HOW IT IS"),
    ]
}

fn nodes(buffer: &mut Buffer, head: Area, body: Area, screen: &Screen, theme: &Theme) {
    let columns = columns(body.width);
    let focused = screen.focus == Focus::Nodes;
    let mut cells = Cells::new(buffer, head, 0, &columns);
    ["NODE", "RISK", "FOUND", "EVENTS", "LAST", "HOW IT IS"].iter().for_each(|name| cells.text(name, theme.label));
    Pen::new(buffer, head, 0).text(if focused { "▸" } else { " " }, theme.focus);
    let (rows, marked) = screen.node_rows();
    for (line, (at, name)) in (0..body.height).zip(rows.iter().enumerate()) {
        let Some(node) = screen.fleet.node(name) else { continue };
        let mut cells = Cells::new(buffer, body, line, &columns);
        let quiet = node.quiet(screen.now);
        cells.text(&name.to_string(), if quiet { theme.dead } else { theme.host });
        cells.next(|pen, _| {
            if let Some(worst) = node.worst {
                pen.text(&worst.name().to_uppercase(), severity(worst, theme));
            }
        });
        cells.text(&none_for_zero(node.findings.iter().sum()), theme.text);
        cells.text(&none_for_zero(node.events), theme.dim);
        cells.text(&ago(screen.now.since(node.last)), if quiet { theme.warn } else { theme.dim });
        let troubles = node.troubles();
        cells.next(|pen, _| match troubles.is_empty() {
            true if quiet => pen.text("nothing to tell, or gone", theme.warn),
            true => pen.text("✓", theme.good),
            false => pen.text(&troubles.join(" · "), theme.warn),
        });
        lay_mark(buffer, body, line, at == marked, focused, theme);
    }
}

fn none_for_zero(number: u64) -> String {
    if number == 0 { String::new() } else { count(number) }
}

fn lay_mark(buffer: &mut Buffer, area: Area, line: u16, marked: bool, focused: bool, theme: &Theme) {
    if marked {
        let whole = Area { y: area.y.saturating_add(line), height: 1, ..area };
        wash(buffer, whole, if focused { theme.selected } else { theme.selected_away });
    }
}

fn status(buffer: &mut Buffer, area: Area, screen: &Screen, theme: &Theme) {
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1);
    if screen.typing {
        pen.text("search: ", theme.label);
        pen.text(&screen.search, theme.text);
        pen.text("▏", theme.focus);
        return;
    }
    match &screen.health {
        Some((Health::Ok, _)) | None => pen.text(&format!("{} ✓", screen.bus), theme.dim),
        Some((_, why)) => pen.text(why, theme.bad),
    }
    let refused: u64 = screen.refused.iter().map(|(_, count)| count).sum();
    if refused > 0 {
        let why: Vec<&str> = screen.refused.iter().map(|(why, _)| why.as_str()).collect();
        let why = if area.width >= 120 { format!(": {}", why.join("; ")) } else { String::new() };
        pen.text(&format!("  │  {refused} refused{why}"), theme.warn);
    }
    if screen.fleet.bad() > 0 {
        pen.text(&format!("  │  {} of another version", screen.fleet.bad()), theme.warn);
    }
    if screen.fleet.dropped() > 0 {
        pen.text(&format!("  │  {} incidents dropped", screen.fleet.dropped()), theme.warn);
    }
    if !screen.search.is_empty() {
        pen.text(&format!("  │  only {}", screen.search), theme.focus);
    }
    pen.text("  │  ", theme.faint);
    pen.text(&screen.keys, theme.dim);
}
