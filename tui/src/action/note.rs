//! Writes a note about the moment and the selected process.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "note", keys: &["B"], does: "write a note about them", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.start_note();
    None
}
