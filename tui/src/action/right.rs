//! Unfolds the selected line, or goes to its first child.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "right", keys: &["Right", "l"], does: "unfold, or go to the first child", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.unfold_or_child();
    None
}
