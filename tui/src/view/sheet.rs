//! A sheet of facts: labels on the left, values wrapped beside them.

use ratatui::style::Style;

use crate::escape::{Shown, shown};
use crate::theme::Theme;

/// Cells of the label column.
const LABEL: usize = 11;

/// One line: pieces of text, each in its style.
pub(super) type SheetLine = Vec<(Shown, Style)>;

/// Lines in the making.
pub(super) struct Sheet<'a> {
    pub(super) theme: &'a Theme,
    width: usize,
    pub(super) lines: Vec<SheetLine>,
}

impl<'a> Sheet<'a> {
    /// An empty sheet of `width` cells.
    pub(super) fn new(width: u16, theme: &'a Theme) -> Sheet<'a> {
        Sheet { theme, width: usize::from(width), lines: Vec::new() }
    }

    /// A heading, with an empty line before it.
    pub(super) fn heading(&mut self, text: &str) {
        if !self.lines.is_empty() {
            self.lines.push(Vec::new());
        }
        self.lines.push(vec![(shown(text), self.theme.title)]);
    }

    /// A label and its value; an empty value is left out.
    pub(super) fn fact(&mut self, label: &str, value: &str, style: Style) {
        if value.is_empty() {
            return;
        }
        let label = shown(label).fit(LABEL - 1);
        let pad = shown(&" ".repeat(LABEL - label.width()));
        let indent = shown(&" ".repeat(LABEL));
        let mut label = Some([(label, self.theme.label), (pad, self.theme.label)]);
        for piece in shown(value).wrap(self.width.saturating_sub(LABEL)) {
            let mut line: SheetLine = match label.take() {
                Some(label) => label.into(),
                None => vec![(indent.clone(), self.theme.text)],
            };
            line.push((piece, style));
            self.lines.push(line);
        }
    }

    /// A fact in ordinary text.
    pub(super) fn plain(&mut self, label: &str, value: &str) {
        self.fact(label, value, self.theme.text);
    }

    /// A line of its own, cut where the sheet ends.
    pub(super) fn line(&mut self, pieces: &[(&str, Style)]) {
        self.lines.push(pieces.iter().map(|(text, style)| (shown(text), *style)).collect());
    }
}
