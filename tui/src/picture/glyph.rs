//! What stands in a cell, as far as a picture may show it.

use std::borrow::Cow;

use ratatui::buffer::{Buffer, Cell};
use ratatui::style::Modifier;
use unicode_width::UnicodeWidthStr as _;

use super::colour::{Paper, Rgb};

/// How text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Look {
    pub(super) color: Rgb,
    pub(super) bold: bool,
    pub(super) italic: bool,
    pub(super) underlined: bool,
    pub(super) crossed_out: bool,
}

impl Look {
    /// True when blanks can be seen.
    pub(super) fn is_lined(self) -> bool {
        self.underlined || self.crossed_out
    }
}

/// Something that takes one or more columns.
#[derive(Debug)]
pub(super) struct Glyph<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) column: usize,
    pub(super) columns: usize,
    pub(super) look: Look,
    pub(super) behind: Rgb,
}

impl Glyph<'_> {
    pub(super) fn is_blank(&self) -> bool {
        self.text == " "
    }

    /// True for what every monospace font has, as wide as everything else in it: it can stand in a run with others.
    pub(super) fn is_plain(&self) -> bool {
        let mut chars = self.text.chars();
        let plain = |c| matches!(c, ' '..='~' | '·' | '×' | 'µ' | '…' | '–' | '—' | '“' | '”' | 'À'..='ž');
        self.columns == 1 && chars.next().is_some_and(plain) && chars.next().is_none()
    }
}

/// The glyphs of a line.
pub(super) fn line(buffer: &Buffer, line: usize, paper: Paper) -> Vec<Glyph<'_>> {
    let width = usize::from(buffer.area.width);
    let Some(cells) = buffer.content.get(line * width..(line + 1) * width) else { return Vec::new() };
    let mut glyphs = Vec::new();
    let mut column = 0;
    while let Some(cell) = cells.get(column) {
        let text = shown(cell);
        // What is wider than the rest of the line is squeezed into it.
        let columns = text.width().clamp(1, width - column);
        let (color, behind) = paper.of_cell(cell);
        let has = |modifier| cell.modifier.contains(modifier);
        let look = Look {
            color,
            bold: has(Modifier::BOLD),
            italic: has(Modifier::ITALIC),
            underlined: has(Modifier::UNDERLINED),
            crossed_out: has(Modifier::CROSSED_OUT),
        };
        glyphs.push(Glyph { text, column, columns, look, behind });
        column += columns;
    }
    glyphs
}

/// The text of a cell: none that is hidden, and nothing that is no text.
fn shown(cell: &Cell) -> Cow<'_, str> {
    let symbol = cell.symbol();
    if symbol.is_empty() || cell.modifier.contains(Modifier::HIDDEN) {
        return Cow::Borrowed(" ");
    }
    safe(symbol)
}

/// Without what XML may not hold, what is no character, and what would turn the order of text around it.
pub(super) fn safe(text: &str) -> Cow<'_, str> {
    let bad = |c: char| {
        let turns =
            matches!(c, '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}');
        c.is_control()
            || turns
            || matches!(c, '\u{ad}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}')
    };
    if text.contains(bad) { Cow::Owned(text.replace(bad, "\u{fffd}")) } else { Cow::Borrowed(text) }
}
