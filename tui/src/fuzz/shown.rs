//! What stands between everything that others wrote and the terminal.
#![cfg(any(test, fuzzing))]

use super::harmless;
use crate::escape::{self, shell_quoted, shown_within};
use crate::model::Text;

/// Tries bytes as a text that is to be shown: the first says in how many cells.
pub(super) fn shown(bytes: &[u8]) {
    let Some((width, bytes)) = bytes.split_first() else { return };
    let width = usize::from(*width);
    let text = Text::from(bytes);
    assert_eq!(Text::from_lossless(&text.lossless()), text, "what is written without loss is read again");
    let lossless = text.lossless();
    harmless(&lossless);
    let whole = escape::shown(&lossless);
    assert!(shown_within(&lossless, width).width() <= width);
    let lines = whole.wrap(width);
    assert!(lines.iter().all(|line| line.width() <= width.max(2)));
    let joined: String = lines.iter().map(escape::Shown::as_str).collect();
    assert_eq!(joined, whole.as_str());
    harmless(&shell_quoted(bytes));
    assert!(!shell_quoted(bytes).contains(|c: char| c.is_control()));
}
