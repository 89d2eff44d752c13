//! Walks through the notes.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "walk", keys: &["w"], does: "walk through the notes, one after the other", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.toggle_walk();
    None
}
