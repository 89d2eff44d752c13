//! Notes and marks: set at the cursor and the selected process, listed, gone to.

use super::prompt::Asks;
use super::{App, NodeKey};
use crate::model::ProcessId;
use crate::store::{Moment, Note, NoteChange};

/// Keys of the list of notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotesKey {
    /// Lines up or down.
    Move(i64),
    /// To the moment of the marked one.
    Go,
    /// Another text for it.
    Edit,
    /// It goes.
    Delete,
    /// The list is closed.
    Close,
}

impl App {
    /// What people wrote, in the order of its moments.
    pub fn notes(&self) -> &[Note] {
        &self.deck.notes
    }

    /// Who is selected, if it is a process.
    pub(super) fn selected_process(&self) -> Option<ProcessId> {
        match self.selected {
            Some(NodeKey::Process(id)) => Some(id),
            _ => None,
        }
    }

    fn new_note(&self, text: &str, mark: bool) -> Note {
        let (at, time) = self.moment();
        Note {
            id: 0,
            written: self.live.now,
            author: self.settings.author.clone(),
            at,
            time,
            process: self.selected_process(),
            text: text.to_owned(),
            mark,
        }
    }

    /// Puts a mark at the cursor and the selected process.
    pub fn add_mark(&mut self) {
        let mark = self.new_note("", true);
        self.deck.change(NoteChange::Add(mark));
        self.hint("marked; [notes] lists the notes, e there says why");
    }

    /// Asks for a note at the cursor and the selected process. The picture stands still meanwhile: the note is about
    /// what was seen when it was begun.
    pub fn start_note(&mut self) {
        if !self.travelling() {
            self.toggle_pause();
        }
        self.stop_playing();
        self.ask(Asks::Note, String::new());
    }

    pub(super) fn add_note(&mut self, text: &str) -> Result<(), String> {
        if text.trim().is_empty() {
            return Err("type what is to be said, or Esc".to_owned());
        }
        let note = self.new_note(text.trim(), false);
        self.deck.change(NoteChange::Add(note));
        self.tell(match (self.deck.lasting, self.replay()) {
            (true, _) => "noted",
            (false, true) => "noted, until this ends",
            (false, false) => "noted, until this ends: s saves it",
        });
        Ok(())
    }

    /// Lists the notes, or closes the list.
    pub fn toggle_notes(&mut self) {
        self.notes_cursor = if self.notes_cursor.is_some() { None } else { Some(0) };
        if self.deck.notes.is_empty() {
            self.deck.wish_outline();
        }
        self.dirty = true;
    }

    /// A key of the list.
    pub fn press_notes(&mut self, key: NotesKey) {
        let Some(at) = self.notes_cursor else { return };
        self.dirty = true;
        let last = self.deck.notes.len().saturating_sub(1);
        let note = self.deck.notes.get(at.min(last)).cloned();
        match (key, note) {
            (NotesKey::Move(by), _) => self.notes_cursor = Some(super::moving::add(at.min(last), by).min(last)),
            (NotesKey::Go, Some(note)) => {
                self.notes_cursor = None;
                self.go_to_note(&note);
            }
            (NotesKey::Edit, Some(note)) => self.ask(Asks::Text(note.id), note.text),
            (NotesKey::Delete, Some(note)) => self.deck.change(NoteChange::Delete(note.id)),
            (NotesKey::Close | NotesKey::Go | NotesKey::Edit | NotesKey::Delete, _) => self.notes_cursor = None,
        }
    }

    /// Goes to the moment of a note, and selects its process.
    pub(super) fn go_to_note(&mut self, note: &Note) {
        self.stop_playing();
        self.seek(Moment::Number(note.at), note.process);
    }

    /// The notes are others: what points at them is looked at again.
    pub(super) fn notes_changed(&mut self) {
        let last = self.deck.notes.len().saturating_sub(1);
        self.notes_cursor = self.notes_cursor.map(|at| at.min(last));
        self.settle_walk();
    }
}
