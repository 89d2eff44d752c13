//! Goes to the first line.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "first", keys: &["Home", "g g"], does: "to the first line", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.first();
    None
}
