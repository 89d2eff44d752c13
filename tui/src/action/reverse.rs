//! Turns the order of the table round.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "reverse", keys: &["R"], does: "order the table the other way round", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.sort_reversed();
    None
}
