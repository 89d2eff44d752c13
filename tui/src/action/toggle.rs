//! Folds or unfolds the selected line.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "toggle", keys: &["Space"], does: "fold or unfold", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.toggle_fold();
    None
}
