//! What people write beside a recording: marks and notes, each at a moment and, where it is about one, at a process.

use serde::{Deserialize, Serialize};

use crate::model::{ProcessId, Time};

/// Notes that a list takes; no review has as many.
const MOST: usize = 10_000;

/// A note, or a mark, which has no text yet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// Its number within its recording; 0 until it is kept.
    pub id: u64,
    /// When it was written.
    pub written: Time,
    /// Who wrote it.
    pub author: String,
    /// Number of the last event of the moment that it is about.
    pub at: u64,
    /// Time of that moment.
    pub time: Time,
    /// Which process it is about.
    pub process: Option<ProcessId>,
    /// What it says.
    pub text: String,
    /// True for a mark that was set with one key.
    pub mark: bool,
}

/// A change of the notes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoteChange {
    /// One more; its `id` is given when it is kept.
    Add(Note),
    /// Another text for the note of this number.
    Edit(u64, String),
    /// The note of this number goes.
    Delete(u64),
}

/// Notes in memory, in the order of their moments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Notes {
    list: Vec<Note>,
    last: u64,
    changes: u64,
}

impl Notes {
    /// Those that are there already.
    pub fn of(list: Vec<Note>) -> Notes {
        Notes { last: list.iter().map(|note| note.id).max().unwrap_or(0), list, changes: 0 }
    }

    /// How often they were changed.
    pub fn changes(&self) -> u64 {
        self.changes
    }

    /// All of them.
    pub fn list(&self) -> &[Note] {
        &self.list
    }

    /// Takes in a change; one of a note that is not there any more changes nothing.
    pub fn change(&mut self, change: NoteChange) {
        self.changes += 1;
        match change {
            NoteChange::Add(note) if self.list.len() < MOST => {
                self.last += 1;
                self.list.push(Note { id: self.last, ..note });
                self.list.sort_by_key(|note| (note.at, note.time, note.id));
            }
            NoteChange::Add(_) => {}
            NoteChange::Edit(id, text) => {
                if let Some(note) = self.list.iter_mut().find(|note| note.id == id) {
                    note.text = text;
                }
            }
            NoteChange::Delete(id) => self.list.retain(|note| note.id != id),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_stand_in_the_order_of_their_moments_and_keep_their_numbers() {
        let mut notes = Notes::default();
        for (at, text) in [(7, "late"), (3, "early"), (5, "between")] {
            notes.change(NoteChange::Add(Note { at, text: text.into(), ..Note::default() }));
        }
        notes.change(NoteChange::Edit(1, "last".into()));
        notes.change(NoteChange::Delete(3));
        notes.change(NoteChange::Edit(3, "gone".into()));
        let told: Vec<_> = notes.list().iter().map(|note| (note.id, note.text.as_str())).collect();
        assert_eq!(told, [(2, "early"), (1, "last")]);
    }
}
