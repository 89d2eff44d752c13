//! Copies the id of the container.

use super::Action;
use crate::app::{App, Effect, Piece};

pub(super) const ACTION: Action =
    Action { name: "copy-container", keys: &["y c"], does: "copy the id of the container", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.copy(Piece::Container)
}
