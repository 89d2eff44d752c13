//! What is said on stderr. It may quote a file that somebody else made: nothing of it reaches the terminal raw.

use std::fmt::Display;

use crate::escape::shown;

/// Says a text, line by line.
pub(super) fn say(text: impl Display) {
    for line in text.to_string().lines() {
        eprintln!("{}", shown(line).as_str());
    }
}
