//! Goes to the line before that the search found.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "previous-match", keys: &["N"], does: "the one before", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.next_match(true);
    None
}
