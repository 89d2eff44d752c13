//! Plays slower.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action = Action { name: "slower", keys: &["-"], does: "play slower", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.change_speed(false);
    None
}
