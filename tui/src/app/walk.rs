//! The walkthrough: from note to note in the order of their moments, each with its text as a caption.

use super::App;
use crate::escape::{Shown, shown};
use crate::store::Note;

impl App {
    /// The note that is told, its place among them counted from 1, and how many there are.
    pub fn caption(&self) -> Option<(&Note, usize, usize)> {
        let at = self.walk?;
        Some((self.deck.notes.get(at)?, at + 1, self.deck.notes.len()))
    }

    /// The text that is told, broken into lines of `width` cells.
    pub fn caption_lines(&self, width: usize) -> Option<Vec<Shown>> {
        let (note, ..) = self.caption()?;
        let text = if note.text.is_empty() { "(a mark, without words)" } else { &note.text };
        Some(shown(text).wrap(width))
    }

    /// Begins to tell the notes, or ends it.
    pub fn toggle_walk(&mut self) {
        if self.walk.is_some() {
            return self.end_walk();
        }
        if self.deck.notes.is_empty() {
            return self.hint("no notes to tell: [mark] marks a moment, [note] writes a note");
        }
        self.walk = Some(0);
        self.tell_note();
    }

    /// Tells the next note, or the one before.
    pub fn walk_on(&mut self, back: bool) {
        let Some(at) = self.walk else { return };
        let last = self.deck.notes.len().saturating_sub(1);
        match (back, at) {
            (true, 0) => self.tell("this is the first note"),
            (true, at) => {
                self.walk = Some(at - 1);
                self.tell_note();
            }
            (false, at) if at >= last => self.tell("this was the last note; Esc ends the walkthrough"),
            (false, at) => {
                self.walk = Some(at + 1);
                self.tell_note();
            }
        }
    }

    /// Ends the walkthrough; the cursor stays.
    pub fn end_walk(&mut self) {
        self.walk = None;
        self.after_layout();
    }

    fn tell_note(&mut self) {
        let Some(note) = self.caption().map(|(note, ..)| note.clone()) else { return };
        self.notice = None;
        self.go_to_note(&note);
        self.after_layout();
    }

    /// The notes are others; a walkthrough that was asked for at the start begins when there are some.
    pub(super) fn settle_walk(&mut self) {
        if self.walk.is_some_and(|at| at >= self.deck.notes.len()) {
            self.walk = self.deck.notes.len().checked_sub(1);
        }
        if std::mem::take(&mut self.settings.walkthrough) {
            self.toggle_walk();
        }
    }
}
