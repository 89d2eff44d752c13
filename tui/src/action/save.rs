//! Saves what is kept of the past to a file.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "save", keys: &["s"], does: "save the last minutes to a file", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.start_save();
    None
}
