//! Copies the command line.

use super::Action;
use crate::app::{App, Effect, Piece};

pub(super) const ACTION: Action =
    Action { name: "copy-command", keys: &["y y"], does: "copy the command line, fit to be pasted", block: true, run };

fn run(app: &mut App) -> Option<Effect> {
    app.copy(Piece::Command)
}
