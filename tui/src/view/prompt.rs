//! The box in which a line is typed, with what is wrong with it below.

use ratatui::buffer::Buffer;

use super::frame::frame;
use super::pen::{Pen, clear, wash};
use super::words::clock;
use crate::app::{App, Area, Asks, Prompt, when};
use crate::escape::shown;
use crate::theme::Theme;

/// Draws the box.
pub(super) fn render(buffer: &mut Buffer, prompt: &Prompt, app: &App, theme: &Theme) {
    let (width, height) = app.size;
    let wide = width.min(76);
    let inside = usize::from(wide.saturating_sub(4));
    let (title, hint) = words(prompt, app);
    let below = shown(prompt.error.as_deref().unwrap_or(&hint)).wrap(inside.max(2));
    let typed = shown(&format!("{}▏", prompt.text)).wrap(inside.max(2));
    let lines = typed.len() + below.len() + 2;
    let tall = u16::try_from(lines).unwrap_or(u16::MAX).min(height.saturating_sub(1));
    let y = height.saturating_sub(tall + 1) / 2;
    let area = Area { x: (width - wide) / 2, y, width: wide, height: tall };
    clear(buffer, area);
    wash(buffer, area, theme.text);
    frame(buffer, area, &title, theme);
    let inner = Area { x: area.x + 2, y: y + 1, width: wide.saturating_sub(4), height: tall.saturating_sub(2) };
    let style = if prompt.error.is_some() { theme.warn } else { theme.dim };
    // The end of what is typed matters most.
    let room = usize::from(inner.height).saturating_sub(below.len()).max(1);
    let typed = typed.iter().skip(typed.len().saturating_sub(room)).map(|line| (line, theme.title));
    for (line, (text, style)) in (0..inner.height).zip(typed.chain(below.iter().map(|line| (line, style)))) {
        Pen::new(buffer, inner, line).shown(text, style);
    }
}

/// The title, and what helps to type.
fn words(prompt: &Prompt, app: &App) -> (String, String) {
    let here = || {
        let at = clock(app.now(), app.settings().utc_offset);
        match &app.selected {
            Some(crate::app::NodeKey::Process(id)) => format!("{at}, process {}", id.pid),
            _ => at,
        }
    };
    match prompt.asks {
        Asks::Moment => ("─ Go to · Enter goes · Esc back ".to_owned(), format!("like {}", when::EXAMPLES)),
        Asks::Pid => ("─ Go to the pid · Enter goes · Esc back ".to_owned(), "a number, like 2140".to_owned()),
        Asks::Out(_) => ("─ Write to ".to_owned(), "Enter writes · Ctrl-u empties the line · Esc back".to_owned()),
        Asks::Note => (format!("─ Note · {} ", here()), "Enter keeps it · Esc back".to_owned()),
        Asks::Text(_) => ("─ Note ".to_owned(), "Enter keeps it · Esc back".to_owned()),
        Asks::File => {
            ("─ Save the last minutes to ".to_owned(), "Enter saves · Ctrl-u empties the line · Esc back".to_owned())
        }
    }
}
