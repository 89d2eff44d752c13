//! Folds the selected line, or goes to its parent.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "left", keys: &["Left", "h"], does: "fold, or go to the parent", block: true, run };

fn run(app: &mut App) -> Option<Effect> {
    app.fold_or_parent();
    None
}
