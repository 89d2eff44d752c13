//! What happened when: what was found, what people wrote, what was lost.

use super::super::travel::Deck;
use super::table::Row;
use crate::detect::Severity;
use crate::model::{Model, ProcessId, Time};

/// What a moment is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MomentKind {
    /// Something was found; a stage of its incident may begin with it.
    Found {
        /// How bad it is.
        severity: Severity,
        /// Whether a stage begins.
        opens: bool,
    },
    /// Somebody wrote something.
    Note,
    /// Something was lost.
    Loss,
}

/// A moment worth going to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MomentRow {
    /// When.
    pub time: Time,
    /// Number of the event; `None` where only the time is known.
    pub at: Option<u64>,
    /// What it is of.
    pub kind: MomentKind,
    /// The stage of an incident, the author of a note, the kind of what was lost.
    pub what: String,
    /// The process that it is about.
    pub process: Option<ProcessId>,
    /// What it says.
    pub text: String,
}

impl Row for MomentRow {
    type Key = (Time, Option<u64>, String, String);

    fn key(&self) -> Self::Key {
        (self.time, self.at, self.what.clone(), self.text.clone())
    }
}

pub(super) fn rows(deck: &Deck, live: &Model) -> Vec<MomentRow> {
    let found = deck.finds.iter().filter(|find| !find.muted).map(|find| MomentRow {
        time: find.time,
        at: Some(find.at),
        kind: MomentKind::Found { severity: find.severity, opens: find.opens },
        what: find.stage.to_owned(),
        process: Some(find.process),
        text: find.title.clone(),
    });
    let notes = deck.notes.iter().map(|note| MomentRow {
        time: note.time,
        at: Some(note.at),
        kind: MomentKind::Note,
        what: note.author.clone(),
        process: note.process,
        text: if note.text.is_empty() { "(a mark)".to_owned() } else { note.text.clone() },
    });
    let lost = deck.outline.losses.iter().chain(live.losses()).map(|loss| MomentRow {
        time: loss.time,
        at: None,
        kind: MomentKind::Loss,
        what: loss.kind.name().to_owned(),
        process: None,
        text: format!("{} records were lost", loss.count),
    });
    let mut rows: Vec<_> = found.chain(notes).chain(lost).collect();
    rows.sort_by_key(|row| (row.time, row.at));
    rows.dedup();
    rows
}
