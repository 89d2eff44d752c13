//! Keys that were begun: what may come next is shown until it comes.

use super::App;

/// Keys that were pressed and begin something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chord {
    /// What was pressed, as keys are written.
    pub typed: String,
    /// What may come next: the key, and what it does.
    pub next: Vec<(String, &'static str)>,
}

impl App {
    /// Keys were pressed that begin something.
    pub fn begin_chord(&mut self, typed: String, next: Vec<(String, &'static str)>) {
        self.chord = Some(Chord { typed, next });
        self.notice = None;
        self.dirty = true;
    }

    /// What was begun, as it was pressed; it is begun no more.
    pub fn take_chord(&mut self) -> Option<String> {
        self.dirty |= self.chord.is_some();
        self.chord.take().map(|chord| chord.typed)
    }
}
