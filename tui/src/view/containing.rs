//! The two questions before something is done to what runs: exactly what, and to whom.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::frame::frame;
use super::pen::{Pen, clear, wash};
use crate::app::{App, Area, Containing, Order, Target};
use crate::escape::shown;
use crate::theme::Theme;

/// Processes that are named; of more, how many.
const NAMED: usize = 40;

/// Draws the box.
pub(super) fn render(buffer: &mut Buffer, asked: &Containing, app: &App, theme: &Theme) {
    let Some(order) = asked.order() else { return };
    let (width, height) = app.size;
    let wide = width.min(76);
    let room = usize::from(wide.saturating_sub(4)).max(2);
    let ends = closing(asked, order, theme);
    let wrap = |(text, style): &(String, Style)| {
        let wrapped = shown(text).wrap(room);
        wrapped.into_iter().map(|line| (line, *style)).collect::<Vec<_>>()
    };
    let mut said: Vec<_> = opening(order, theme).iter().flat_map(wrap).collect();
    let ends: Vec<_> = ends.iter().flat_map(wrap).collect();
    let tall = u16::try_from(said.len() + ends.len() + 2).unwrap_or(u16::MAX).min(height.saturating_sub(1));
    // Whatever the names take, what is to be answered is in sight.
    said.truncate(usize::from(tall.saturating_sub(2)).saturating_sub(ends.len()));
    let y = height.saturating_sub(tall + 1) / 2;
    let area = Area { x: (width - wide) / 2, y, width: wide, height: tall };
    clear(buffer, area);
    wash(buffer, area, theme.text);
    let step = if asked.typed.is_some() { "sure?" } else { "really?" };
    frame(buffer, area, &format!("─ {}: {step} ", order.verb.word()), theme);
    let inner = Area { x: area.x + 2, y: y + 1, width: wide.saturating_sub(4), height: tall.saturating_sub(2) };
    for (line, (text, style)) in (0..inner.height).zip(said.iter().chain(&ends)) {
        Pen::new(buffer, inner, line).shown(text, *style);
    }
}

fn opening(order: &Order, theme: &Theme) -> Vec<(String, Style)> {
    let count = order.targets.len();
    let word = order.verb.word();
    let processes = if count == 1 { "1 process".to_owned() } else { format!("{count} processes") };
    let mut lines = vec![(format!("{word} {}", order.says), theme.title)];
    lines.push((format!("{processes}: {}", names(order.targets.iter())), theme.text));
    if !order.left_out.is_empty() {
        let left: Vec<String> =
            order.left_out.iter().map(|(target, why)| format!("{} {} ({why})", target.id.pid, target.name)).collect();
        lines.push((format!("left out: {}", left.join(", ")), theme.dim));
    }
    lines
}

fn names<'a>(targets: impl ExactSizeIterator<Item = &'a Target>) -> String {
    let more = targets.len().saturating_sub(NAMED);
    let names: Vec<String> = targets.take(NAMED).map(|target| format!("{} {}", target.id.pid, target.name)).collect();
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{more}", names.join(", "))
}

fn closing(asked: &Containing, order: &Order, theme: &Theme) -> Vec<(String, Style)> {
    let word = order.verb.word();
    let Some(typed) = &asked.typed else {
        let reach = if asked.has_others() { "Tab reaches further · " } else { "" };
        return vec![(format!("{reach}Enter goes on · Esc leaves everything as it is"), theme.dim)];
    };
    let hint = format!("type {word}, then Enter does it · Esc leaves everything as it is");
    let below = match &asked.error {
        Some(error) => (error.clone(), theme.warn),
        None => (hint, theme.dim),
    };
    vec![(format!("{typed}▏"), theme.title), below]
}
