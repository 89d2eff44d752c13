//! Goes to a moment that is typed.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "jump", keys: &["T"], does: "to a moment that is typed: 12:03, -5m, #1234", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.start_jump();
    None
}
