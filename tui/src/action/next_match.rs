//! Goes to the next line that the search found.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "next-match", keys: &["n"], does: "next that was found", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.next_match(false);
    None
}
