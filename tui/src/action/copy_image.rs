//! Copies the image.

use super::Action;
use crate::app::{App, Effect, Piece};

pub(super) const ACTION: Action =
    Action { name: "copy-image", keys: &["y i"], does: "copy the image of the container", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.copy(Piece::Image)
}
