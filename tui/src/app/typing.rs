//! The line in which the filter language is typed: that of the search, and that of the filter.

use super::App;
use crate::model::filter::Anchor;

/// Longest line, in bytes.
const LONGEST: usize = 1_000;

impl App {
    /// True while such a line is open: keys go into it.
    pub fn typing(&self) -> bool {
        self.search.typing || self.filter.typing
    }

    /// What moments without a date are understood by.
    pub(super) fn anchor(&self) -> Anchor {
        Anchor { now: self.now(), offset: self.settings.utc_offset }
    }

    fn line(&self) -> &str {
        if self.filter.typing { &self.filter.query } else { &self.search.query }
    }

    /// Makes `text` the line, and does at once what it says.
    fn set_line(&mut self, text: String) {
        if self.aid.chosen.is_none() {
            self.aid.look(&text);
        }
        if self.filter.typing { self.sift(text) } else { self.look_for(text) }
    }

    /// Adds what was typed or pasted; what is too long is left out.
    pub fn type_line(&mut self, text: &str) {
        let mut line = self.line().to_owned();
        for c in text.chars().map(|c| if c == '\n' { ' ' } else { c }).filter(|c| !c.is_control()) {
            if line.len() + c.len_utf8() <= LONGEST {
                line.push(c);
            }
        }
        self.aid.chosen = None;
        self.set_line(line);
    }

    /// Takes back the last character; with nothing left, the line is left.
    pub fn erase_line(&mut self) {
        let mut line = self.line().to_owned();
        if line.pop().is_none() {
            return self.end_line();
        }
        self.aid.chosen = None;
        self.set_line(line);
    }

    /// Takes back everything that was typed.
    pub fn clear_line(&mut self) {
        self.aid.chosen = None;
        self.set_line(String::new());
    }

    /// Adds what may stand at the end of the line; asked again, the next that may, or with `back` the one before.
    pub fn complete_line(&mut self, back: bool) {
        let line = self.line().to_owned();
        if let Some(line) = self.aid.complete(&line, back) {
            self.set_line(line);
        }
    }

    /// Brings back a line that was typed before, or with `older` unset a later one.
    pub fn recall_line(&mut self, older: bool) {
        let line = self.line().to_owned();
        if let Some(line) = self.aid.recall(&line, older) {
            self.aid.chosen = None;
            self.set_line(line);
        }
    }

    /// Keeps what the line says. One that cannot be understood stays open.
    pub fn accept_line(&mut self) {
        let line = self.line().to_owned();
        if self.filter.typing {
            self.accept_filter();
        } else {
            self.accept_search();
        }
        if !self.typing() {
            self.aid.remember(&line);
        }
    }

    /// Leaves the line: everything is as it was before.
    pub fn end_line(&mut self) {
        if self.filter.typing { self.end_filter() } else { self.end_search() }
    }
}
