//! Copies what was found.

use super::Action;
use crate::app::{App, Effect, Piece};

pub(super) const ACTION: Action = Action {
    name: "copy-finding",
    keys: &["y f"],
    does: "copy what was found of it, with the evidence",
    block: false,
    run,
};

fn run(app: &mut App) -> Option<Effect> {
    app.copy(Piece::Finding)
}
