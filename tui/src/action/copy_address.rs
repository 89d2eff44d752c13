//! Copies the address.

use super::Action;
use crate::app::{App, Effect, Piece};

pub(super) const ACTION: Action =
    Action { name: "copy-address", keys: &["y a"], does: "copy the address that it talks to", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.copy(Piece::Address)
}
