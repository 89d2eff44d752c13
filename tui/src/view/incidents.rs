//! The incidents: a line for each, and one for each of its stages.

use ratatui::buffer::Buffer;
use ratatui::style::{Modifier, Style};

use super::group_row::name_of;
use super::pen::{Pen, wash};
use super::words::{ago, clock, command, count, many};
use crate::app::{Alarm, AlarmLine, App, Area, Pane, Panel, Stage, View};
use crate::detect::Severity;
use crate::theme::Theme;

/// Draws the panel.
pub(super) fn render(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme) {
    let lines = app.alarm_lines();
    let mut notes = Vec::new();
    if !lines.is_empty() && app.view == View::Tree && app.focus != Panel::Incidents {
        notes.push(app.with_keys("[view-incidents] shows the chain, [go-finding] the next process"));
    }
    if app.alarms().muted > 0 {
        notes.push(format!("{} muted", count(app.alarms().muted)));
    }
    let note = notes.join(" · ");
    super::title(buffer, pane, Panel::Incidents, app, theme, "Incidents", &note);
    if lines.is_empty() {
        let mut pen = Pen::new(buffer, pane.body, 0);
        pen.skip(2);
        return pen.text("nothing was found", theme.faint);
    }
    if app.view == View::Incidents {
        return list(buffer, pane, app, theme);
    }
    let top = app.alarm_top(usize::from(pane.body.height));
    for (at, (line, what)) in (0..pane.body.height).zip(lines.iter().skip(top)).enumerate() {
        let mut pen = Pen::new(buffer, pane.body, line);
        pen.skip(1);
        match what {
            AlarmLine::Alarm(alarm) => {
                let style = severity(alarm.severity, theme);
                pen.column(&alarm.severity.name().to_uppercase(), 9, style);
                pen.text(&alarm.title, theme.title);
                pen.text(&format!("  {}", many(alarm.stages.len() as u64, "stage", "stages")), theme.dim);
            }
            AlarmLine::Stage(_, stage) => stage_line(&mut pen, stage, app, theme),
        }
        if top + at == app.alarm_cursor {
            let whole = Area { y: pane.body.y + line, height: 1, ..pane.body };
            wash(buffer, whole, if app.focus == Panel::Incidents { theme.selected } else { theme.selected_away });
        }
    }
}

/// The incidents alone, where the chain of the marked one stands below.
fn list(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme) {
    let (top, marked) = app.alarm_window(usize::from(pane.body.height));
    for (line, (at, alarm)) in (0..pane.body.height).zip(app.alarms().list.iter().enumerate().skip(top)) {
        let mut pen = Pen::new(buffer, pane.body, line);
        pen.skip(1);
        pen.column(&alarm.severity.name().to_uppercase(), 9, severity(alarm.severity, theme));
        pen.column(&format!("i{}", alarm.id), 4, theme.dim);
        let note = format!("{}, {} ago", many(alarm.stages.len() as u64, "stage", "stages"), since(alarm, app));
        let room = pen.left().saturating_sub(note.len() + 3);
        pen.within(&alarm.title, room, theme.title);
        let gap = pen.left().saturating_sub(note.len() + 1);
        pen.skip(gap);
        pen.text(&note, theme.dim);
        if at == marked {
            let whole = Area { y: pane.body.y + line, height: 1, ..pane.body };
            wash(buffer, whole, if app.focus == Panel::Incidents { theme.selected } else { theme.selected_away });
        }
    }
}

/// How long ago the last of it was.
fn since(alarm: &Alarm, app: &App) -> String {
    let last = alarm.stages.iter().map(|stage| stage.time).max().unwrap_or_default();
    ago(app.now().since(last))
}

fn stage_line(pen: &mut Pen<'_>, stage: &Stage, app: &App, theme: &Theme) {
    let wide = pen.left() >= 100;
    pen.text("  ┃ ", mark(stage.severity, theme));
    pen.text(&clock(stage.time, app.settings().utc_offset), theme.faint);
    pen.skip(1);
    pen.column(&stage.name, if wide { 22 } else { 14 }, severity(stage.severity, theme));
    pen.skip(1);
    let process = app.model().process(stage.process);
    if wide {
        let place = process.map_or_else(String::new, |process| name_of(&process.group, app));
        pen.column(&place, 18, theme.dim);
        pen.skip(1);
    }
    match stage.findings.first() {
        Some(first) => pen.text(first, theme.text),
        None => {
            let program = process.map_or_else(|| stage.process.pid.to_string(), |process| command(process, 60).0);
            pen.text(&program, theme.text);
        }
    }
    if stage.findings.len() > 1 {
        pen.text(&format!("  +{}", stage.findings.len() - 1), theme.dim);
    }
}

/// How a line or a small mark of a severity looks: where words have a ground of their own, marks have its colour.
pub(super) fn mark(of: Severity, theme: &Theme) -> Style {
    let words = severity(of, theme);
    let style = words.bg.map_or(words, |ground| Style { fg: Some(ground), bg: None, ..words });
    style.remove_modifier(Modifier::REVERSED | Modifier::UNDERLINED)
}

/// How a severity looks, in words.
pub(super) fn severity(severity: Severity, theme: &Theme) -> Style {
    match severity {
        Severity::Critical => theme.critical,
        Severity::High => theme.high,
        Severity::Medium => theme.medium,
        Severity::Low | Severity::Info => theme.low,
    }
}
