//! Goes back to now.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "now", keys: &["0"], does: "back to now; in a recording, to its end", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.back_to_now();
    None
}
