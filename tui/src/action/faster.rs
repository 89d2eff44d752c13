//! Plays faster.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "faster", keys: &["+", "="], does: "play faster; silences are cut short", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.change_speed(true);
    None
}
