//! The help: every key and what it does, from the table of actions.

use ratatui::buffer::Buffer;

use super::frame::frame;
use super::pen::{Pen, clear, wash};
use crate::app::{App, Area};
use crate::theme::Theme;

/// Draws the help over everything; returns how far it can be scrolled.
pub(super) fn render(buffer: &mut Buffer, app: &App, theme: &Theme) -> usize {
    let lines = lines(app);
    let (width, height) = app.size;
    let wanted = u16::try_from(lines.len()).unwrap_or(u16::MAX).saturating_add(2);
    let area = Area {
        width: width.min(72),
        height: height.saturating_sub(2).min(wanted).max(height.min(1)),
        x: width.saturating_sub(72) / 2,
        y: height.saturating_sub(wanted.min(height.saturating_sub(2))) / 2,
    };
    clear(buffer, area);
    wash(buffer, area, theme.text);
    let more = lines.len() > usize::from(area.height.saturating_sub(2));
    frame(buffer, area, if more { "─ Keys · ↑ ↓ scroll · Esc closes " } else { "─ Keys · Esc closes " }, theme);
    let inner = Area {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    };
    let end = lines.len().saturating_sub(usize::from(inner.height));
    let top = app.help.unwrap_or(0).min(end);
    for (line, (keys, does)) in (0..inner.height).zip(lines.iter().skip(top)) {
        let mut pen = Pen::new(buffer, inner, line);
        pen.column(keys, 18, theme.key);
        pen.text(does, theme.text);
    }
    end
}

fn lines(app: &App) -> Vec<(String, String)> {
    let mut lines: Vec<(String, String)> = Vec::new();
    for help in &app.settings().help {
        if help.block && !lines.is_empty() {
            lines.push(Default::default());
        }
        let verb = help.does.split(' ').next().unwrap_or_default();
        let does = app.off(help.name).map_or_else(|| help.does.to_owned(), |off| format!("{verb} … {off}"));
        lines.push((help.keys.clone(), does));
    }
    lines.push(Default::default());
    let signs = [
        ("mouse", "click selects, on ▾ ▸ folds; the wheel scrolls"),
        ("▾ ▸ +12", "open, folded, 12 lines folded away"),
        ("↳ … from", "born outside of its group, and of whom"),
        ("✕", "ended: exit code or signal; it fades, then leaves"),
        ("▁ █ ×", "time line: how much happened, and where something is missing"),
        ("◆ ▲ ● ∘ ✎", "found: critical, high, medium, low; a note or mark"),
        ("?", "before a pid: records about it may be lost"),
    ];
    lines.extend(signs.map(|(sign, says)| (sign.to_owned(), says.to_owned())));
    lines
}
