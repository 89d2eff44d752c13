//! Goes to the last line.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "last", keys: &["End", "G"], does: "to the last line; in the events: follow", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.last();
    None
}
