//! Copies the lineage.

use super::Action;
use crate::app::{App, Effect, Piece};

pub(super) const ACTION: Action =
    Action { name: "copy-lineage", keys: &["y l"], does: "copy the lineage", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.copy(Piece::Lineage)
}
