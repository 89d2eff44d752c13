//! Copies the path of the program.

use super::Action;
use crate::app::{App, Effect, Piece};

pub(super) const ACTION: Action =
    Action { name: "copy-exe", keys: &["y e"], does: "copy the path of the program", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.copy(Piece::Exe)
}
