//! An incident as a chain: its stages from left to right, wrapped where the page ends, and the evidence of the marked one.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::incidents::severity;
use super::pen::Pen;
use super::sheet::Sheet;
use super::words::clock;
use crate::app::{Alarm, App, Area, Pane, Stage};
use crate::escape::shown;
use crate::model::GroupKey;
use crate::theme::Theme;

/// Cells of the arrow between two stages.
const ARROW: u16 = 4;
/// Cells left of the first box: a row that goes on from the one above begins there with an arrow.
const MARGIN: u16 = 3;
/// Cells of a box, at least and at most.
const BOX: std::ops::RangeInclusive<u16> = 21..=40;

/// How the stages are laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Grid {
    /// Boxes in a row.
    across: usize,
    width: u16,
    height: u16,
    /// Rows in sight, and the first of them.
    rows: usize,
    top: usize,
}

impl Grid {
    fn new(area: Area, stages: usize, marked: usize) -> Grid {
        let room = area.width.saturating_sub(MARGIN + 1);
        let fits = usize::from((room + ARROW) / (BOX.start() + ARROW)).max(1);
        // As even as can be: three and two, not four and one.
        let across = stages.div_ceil(stages.div_ceil(fits).max(1)).max(1);
        let gaps = ARROW * (across as u16 - 1);
        let width = (room.saturating_sub(gaps) / across as u16).clamp(*BOX.start(), *BOX.end());
        let height = if area.height >= 24 { 7 } else { 5 };
        let wanted = stages.div_ceil(across).max(1);
        // The evidence of the marked stage has at least a third.
        let rows = usize::from(area.height * 2 / 3 / height).clamp(1, wanted);
        let top = (marked / across + 1).saturating_sub(rows).min(wanted - rows);
        Grid { across, width, height, rows, top }
    }

    fn place(&self, area: Area, stage: usize) -> Option<Area> {
        let row = (stage / self.across).checked_sub(self.top).filter(|row| *row < self.rows)?;
        let column = (stage % self.across) as u16;
        let y = area.y + row as u16 * self.height;
        Some(Area { x: area.x + MARGIN + column * (self.width + ARROW), y, width: self.width, height: self.height })
    }
}

/// Draws the chain of the marked incident; returns how many lines the evidence has.
pub(super) fn render(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme) {
    let Some(alarm) = app.marked_alarm() else {
        let mut pen = Pen::new(buffer, pane.body, 0);
        pen.skip(2);
        return pen.text(&app.with_keys("nothing was found so far; [view-tree] shows the tree"), theme.faint);
    };
    let marked = app.marked_stage();
    title(buffer, pane.title, alarm, marked, theme);
    let grid = Grid::new(pane.body, alarm.stages.len(), marked);
    for (at, stage) in alarm.stages.iter().enumerate() {
        let Some(place) = grid.place(pane.body, at) else { continue };
        let inside = clipped(place, pane.body);
        card(buffer, inside, at, stage, at == marked, app, theme);
        let side = |stage: &Stage| (group(stage, app), outside(stage, app));
        let crossed = at.checked_sub(1).is_some_and(|before| side(&alarm.stages[before]) != side(stage));
        arrow(buffer, place, pane.body, at, at % grid.across == 0, crossed, theme);
    }
    let used = (grid.rows as u16 * grid.height).min(pane.body.height);
    let below = Area { y: pane.body.y + used, height: pane.body.height - used, ..pane.body };
    if let Some(stage) = alarm.stages.get(marked) {
        evidence(buffer, below, stage, app, theme);
    }
}

fn clipped(place: Area, within: Area) -> Area {
    let height = (within.y + within.height).saturating_sub(place.y).min(place.height);
    let width = (within.x + within.width).saturating_sub(place.x).min(place.width);
    Area { width, height, ..place }
}

fn title(buffer: &mut Buffer, area: Area, alarm: &Alarm, marked: usize, theme: &Theme) {
    let mut pen = Pen::new(buffer, area, 0);
    pen.text("─ ", theme.faint);
    pen.text(&format!("i{}", alarm.id), theme.label);
    pen.skip(1);
    pen.text(&alarm.title, theme.title);
    let note = format!("  stage {} of {}, ← → goes along, Enter to its process ", marked + 1, alarm.stages.len());
    if pen.left() > note.chars().count() + 1 {
        pen.text(&note, theme.dim);
    }
    pen.text(" ", theme.faint);
    pen.fill('─', theme.faint);
}

fn group<'a>(stage: &Stage, app: &'a App) -> Option<&'a GroupKey> {
    app.model().process(stage.process).map(|process| &process.group)
}

/// True for a process that stands on the wrong side of its border.
fn outside(stage: &Stage, app: &App) -> bool {
    app.model().process(stage.process).is_some_and(|process| app.outside(process))
}

/// How a container or the host is written.
fn place_style(group: Option<&GroupKey>, theme: &Theme) -> Style {
    match group {
        Some(GroupKey::Container(_)) => theme.container,
        Some(GroupKey::Host) => theme.host,
        Some(GroupKey::Service(_)) => theme.service,
        None => theme.dim,
    }
}

/// A stage in its box. The marked one has a heavy frame.
fn card(buffer: &mut Buffer, area: Area, at: usize, stage: &Stage, marked: bool, app: &App, theme: &Theme) {
    let edge = if marked { theme.focus } else { theme.faint };
    let corners =
        if marked { ["┏", "━", "┓", "┃", "┗", "┛"] } else { ["╭", "─", "╮", "│", "╰", "╯"] };
    let [top_left, flat, top_right, upright, low_left, low_right] = corners;
    let flat = flat.chars().next().unwrap_or('-');
    for line in 0..area.height {
        let (left, right) = match line {
            0 => (top_left, top_right),
            line if line + 1 == area.height => (low_left, low_right),
            _ => (upright, upright),
        };
        let mut pen = Pen::new(buffer, Area { width: area.width.saturating_sub(1), ..area }, line);
        pen.text(left, edge);
        if line == 0 {
            pen.text(&format!("{} ", at + 1), edge);
            pen.text(&stage.name, severity(stage.severity, theme));
            pen.text(" ", edge);
        }
        let border = line == 0 || line + 1 == area.height;
        pen.fill(if border { flat } else { ' ' }, edge);
        let last = Area { x: area.x + area.width.saturating_sub(1), width: area.width.min(1), ..area };
        Pen::new(buffer, last, line).text(right, edge);
    }
    let inner = Area {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    };
    inside(buffer, inner, stage, app, theme);
}

fn inside(buffer: &mut Buffer, inner: Area, stage: &Stage, app: &App, theme: &Theme) {
    let group = group(stage, app);
    let place = group.map_or_else(String::new, |group| app.name_of_group(group));
    let time = clock(stage.time, app.settings().utc_offset);
    let mut pen = Pen::new(buffer, inner, 0);
    pen.text(&app.name_of_process(stage.process), theme.command);
    let mut line = 1;
    if inner.height >= 4 {
        Pen::new(buffer, inner, line).text(&time, theme.dim);
        line += 1;
    }
    let mut pen = Pen::new(buffer, inner, line);
    pen.text(&place, place_style(group, theme));
    if outside(stage, app) {
        pen.skip(1);
        pen.text("⌂ host", theme.outside);
    }
    line += 1;
    let said = stage.findings.first().map(String::as_str).unwrap_or_default();
    let lines = shown(said).wrap(inner.width.into());
    let room = usize::from(inner.height.saturating_sub(line));
    for (at, text) in lines.iter().take(room).enumerate() {
        let cut = at + 1 == room && (lines.len() > room || stage.findings.len() > 1);
        let mut pen = Pen::new(buffer, inner, line + at as u16);
        let more = match stage.findings.len() {
            0 | 1 => "…".to_owned(),
            many => format!("… +{}", many - 1),
        };
        let keep = if cut { more.chars().count() } else { 0 };
        let kept = usize::from(inner.width).saturating_sub(keep);
        let text = text.as_str().trim_end();
        let cells = shown(text).width();
        pen.within(&text.chars().take(if cells > kept { kept } else { cells }).collect::<String>(), kept, theme.text);
        if cut {
            pen.text(&more, theme.dim);
        }
    }
}

/// The arrow from the stage before; heavy where a border is crossed.
fn arrow(buffer: &mut Buffer, place: Area, within: Area, at: usize, first: bool, crossed: bool, theme: &Theme) {
    if at == 0 {
        return;
    }
    let style = if crossed { theme.crossing } else { theme.dim };
    let text = match (first, crossed) {
        (true, false) => "└─▶",
        (true, true) => "┗━▶",
        (false, false) => " ─▶ ",
        (false, true) => " ━▶ ",
    };
    let cells = if first { MARGIN } else { ARROW };
    let y = place.y + place.height / 2;
    if y < within.y + within.height {
        Pen::new(buffer, Area { x: place.x - cells, y, width: cells, height: 1 }, 0).text(text, style);
    }
}

/// What was found at a stage, and each thing that shows it.
fn evidence(buffer: &mut Buffer, area: Area, stage: &Stage, app: &App, theme: &Theme) {
    let mut sheet = Sheet::new(area.width.saturating_sub(2), theme);
    for &number in &stage.numbers {
        super::detail::finding(&mut sheet, number, app);
    }
    let height = usize::from(area.height);
    let many = sheet.lines.len();
    for (line, pieces) in (0..area.height).zip(&sheet.lines) {
        let mut pen = Pen::new(buffer, area, line);
        pen.skip(1);
        if usize::from(line) + 1 == height && many > height {
            return pen.text(&format!("… {} more lines: Enter, and the tab Why", many - height + 1), theme.dim);
        }
        for (piece, style) in pieces {
            let room = pen.left();
            pen.shown(&piece.clone().fit(room), *style);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(width: u16, height: u16) -> Area {
        Area { x: 0, y: 0, width, height }
    }

    #[test]
    fn stages_stand_side_by_side_as_even_as_can_be_and_wrap() {
        let across = |width, stages| Grid::new(area(width, 40), stages, 0).across;
        assert_eq!([across(200, 5), across(120, 5), across(80, 5), across(40, 5), across(10, 5)], [5, 3, 3, 1, 1]);
        for (width, height, stages) in [(200, 40, 9), (80, 12, 9), (80, 30, 1), (33, 20, 7), (0, 0, 3)] {
            for marked in 0..stages {
                let grid = Grid::new(area(width, height), stages, marked);
                let place = grid.place(area(width, height), marked);
                assert!(place.is_some(), "{width}x{height}, stage {marked} of {stages} is in sight");
            }
        }
    }
}
