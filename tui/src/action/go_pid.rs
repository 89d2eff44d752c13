//! Asks for a pid to go to.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "go-pid", keys: &["g n", "#"], does: "go to a pid", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.start_pid();
    None
}
