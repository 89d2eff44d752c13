//! Goes back to where the user came from.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "back", keys: &["Backspace"], does: "back to where you came from", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.back();
    None
}
