//! What is wrong with a rule, and where in its file.

use std::fmt;
use std::ops::Range;

/// Widest mark, in characters: beyond it nobody counts.
const WIDEST: usize = 60;

/// What is wrong with a rule, and where in its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The line, counted from 1.
    pub line: usize,
    /// The column, in characters, counted from 1.
    pub column: usize,
    /// How many characters are meant; at least 1.
    pub width: usize,
    /// What is wrong, and what to do.
    pub message: String,
}

impl Fault {
    /// Something about these bytes of `text`; beyond its end means its end.
    pub(super) fn at(text: &str, bytes: Range<usize>, message: impl Into<String>) -> Fault {
        let start = floor(text, bytes.start);
        let end = floor(text, bytes.end.max(start));
        let (before, meant) = (&text[..start], &text[start..end]);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let width = meant.lines().next().unwrap_or_default().chars().count();
        Fault {
            line: 1 + before.matches('\n').count(),
            column: 1 + before[line_start..].chars().count(),
            width: width.clamp(1, WIDEST),
            message: message.into(),
        }
    }

    /// As compilers tell it: file, line and column, the message, and the line with a mark under what is meant. `text` is
    /// what the file holds.
    pub fn pointed(&self, file: &str, text: &str) -> String {
        let line: String = text.lines().nth(self.line.saturating_sub(1)).unwrap_or_default().replace('\t', " ");
        let (gap, mark) = (" ".repeat(self.column.saturating_sub(1)), "^".repeat(self.width));
        format!("{file}:{self}\n  {line}\n  {gap}{mark}")
    }
}

/// `7:12: what is wrong`: what follows the name of the file.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.line, self.column, self.message)
    }
}

/// The nearest place at or before byte `at` where a character begins, or the end.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
