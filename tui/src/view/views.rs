//! The line of the views: which there are, by which keys, and the way that led here.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::incidents::severity;
use super::pen::Pen;
use crate::app::{App, Area, View};
use crate::escape::shown;
use crate::theme::Theme;

/// Between the steps of the way.
const STEP: &str = " › ";

/// Draws the line.
pub(super) fn render(buffer: &mut Buffer, area: Area, app: &App, theme: &Theme) {
    let crumbs = app.crumbs();
    let width = usize::from(area.width);
    let way = crumbs.join(STEP);
    let way_width = if crumbs.len() > 1 || width >= 120 { shown(&way).width() + 3 } else { 0 };
    // Names give way to the path, and the path to the keys.
    let short = names_width(app, false) + way_width > width && crumbs.len() > 1;
    let mut pen = Pen::new(buffer, area, 0);
    pen.skip(1);
    for view in View::ALL {
        let on = view == app.view;
        pen.text(app.key_of(view.action()).unwrap_or_default(), if on { theme.focus } else { theme.key });
        if on || !short {
            pen.text(" ", theme.dim);
            pen.text(view.name(), if on { theme.focus } else { theme.label });
        }
        if let Some((count, style)) = count(view, app, theme) {
            pen.text(" ", theme.dim);
            pen.text(&count, style);
        }
        pen.skip(2);
    }
    let used = names_width(app, short);
    let room = width.saturating_sub(used + 2);
    if way_width == 0 || room < 8 {
        return;
    }
    let mut steps: &[String] = &crumbs;
    while steps.len() > 1 && shown(&steps.join(STEP)).width() + 2 > room {
        steps = &steps[1..];
    }
    let cut = if steps.len() < crumbs.len() { "… › " } else { "" };
    let text = format!("{cut}{}", steps.join(STEP));
    let gap = room.saturating_sub(shown(&text).width() + 1);
    pen.skip(gap);
    let (before, last) = text.rsplit_once(STEP).map_or(("", text.as_str()), |(before, last)| (before, last));
    if !before.is_empty() {
        pen.text(before, theme.dim);
        pen.text(STEP, theme.faint);
    }
    pen.text(last, theme.title);
}

/// What stands beside the name of a view: how much was found.
fn count(view: View, app: &App, theme: &Theme) -> Option<(String, Style)> {
    let worst = app.alarms().worst().filter(|_| view == View::Incidents)?;
    Some((app.alarms().list.len().to_string(), severity(worst, theme)))
}

fn names_width(app: &App, short: bool) -> usize {
    let one = |view: View| {
        let name = if short && view != app.view { 0 } else { view.name().len() + 1 };
        let found = if view == View::Incidents && app.alarms().worst().is_some() {
            app.alarms().list.len().to_string().len() + 1
        } else {
            0
        };
        app.key_of(view.action()).map_or(0, str::len) + name + found + 2
    };
    1 + View::ALL.into_iter().map(one).sum::<usize>()
}
