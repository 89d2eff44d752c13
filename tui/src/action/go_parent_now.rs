//! Goes to the present parent.

use super::Action;
use crate::app::{App, Effect};

pub(super) const ACTION: Action =
    Action { name: "go-parent-now", keys: &["g P"], does: "go to its present parent", block: false, run };

fn run(app: &mut App) -> Option<Effect> {
    app.to_present_parent();
    None
}
