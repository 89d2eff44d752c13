//! Opens or closes the help.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action = Action { name: "help", keys: &["?", "F1"], does: "this help", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.toggle_help();
    None
}
