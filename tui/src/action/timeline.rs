//! Shows the time line, and gives it the keys.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action = Action {
    name: "timeline",
    keys: &["t"],
    does: "the time line: ← → move, ↑ ↓ zoom, Space plays",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.toggle_timeline();
    None
}
