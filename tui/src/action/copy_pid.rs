//! Copies the pid.

use super::Action;
use crate::app::{App, Effect, Piece};

pub(super) const ACTION: Action = Action { name: "copy-pid", keys: &["y p"], does: "copy the pid", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.copy(Piece::Pid)
}
