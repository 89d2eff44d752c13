//! Shows the tree.

use super::Action;
use crate::app::{App, Effect, View};

pub(super) const ACTION: Action =
    Action { name: "view-tree", keys: &["1"], does: "view: the tree of processes", block: true, run };

fn run(app: &mut App) -> Option<Effect> {
    app.show_view(View::Tree);
    None
}
