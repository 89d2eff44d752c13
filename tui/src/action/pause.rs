//! Freezes the picture, or lets it go on.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "pause", keys: &["p"], does: "freeze the picture, or go on; in the past: play", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.toggle_pause();
    None
}
