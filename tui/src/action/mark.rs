//! Marks the moment and the selected process.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "mark", keys: &["b"], does: "mark this moment and the selected process", block: true, run };

fn run(app: &mut App) -> Option<Effect> {
    app.add_mark();
    None
}
