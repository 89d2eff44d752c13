//! Lists the notes.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "notes", keys: &["o"], does: "the notes and marks", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.toggle_notes();
    None
}
