//! The caption of a walkthrough: a note, beside what it is about.

use ratatui::buffer::Buffer;

use super::pen::Pen;
use super::words::{clock, command};
use crate::app::{App, Pane};
use crate::theme::Theme;

/// Draws the caption.
pub(super) fn render(buffer: &mut Buffer, pane: Pane, app: &App, theme: &Theme) {
    let Some((note, at, count)) = app.caption() else { return };
    let width = usize::from(pane.body.width.saturating_sub(4));
    let lines = app.caption_lines(width).unwrap_or_default();
    let height = usize::from(pane.body.height);
    let mut pen = Pen::new(buffer, pane.title, 0);
    pen.text("▌ ", theme.paused);
    pen.text(&format!("{at}/{count} "), theme.focus);
    pen.text(&clock(note.time, app.settings().utc_offset), theme.label);
    if let Some(id) = note.process {
        let program = app.model().process(id).map(|process| command(process, 40).0).unwrap_or_default();
        pen.text(&format!("  {program} ({})", id.pid), theme.title);
    }
    pen.text(&format!("  {}", note.author), theme.dim);
    let keys = [("n", " next  "), ("b", " back  "), ("Esc", " ends ")];
    let wide: usize = keys.iter().map(|(key, does)| key.len() + does.len()).sum();
    if pen.left() > wide + 2 {
        let gap = pen.left() - wide;
        pen.skip(gap);
        for (key, does) in keys {
            pen.text(key, theme.key);
            pen.text(does, theme.dim);
        }
    }
    let cut = lines.len() > height;
    for (line, text) in (0..pane.body.height).zip(&lines) {
        let mut pen = Pen::new(buffer, pane.body, line);
        pen.text("▌ ", theme.paused);
        pen.shown(text, theme.text);
        if cut && usize::from(line) + 1 == height {
            pen.text("…", theme.warn);
        }
    }
}
